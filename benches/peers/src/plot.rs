//! The picture: time on the left, size on the right.

use std::path::Path;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::measure::{ISSUE, RING_ISSUE, RING_VERIFY, VERIFY};
use crate::table::Report;

/// No background is drawn. No one colour has the contrast that WCAG asks of text, 4.5, both with white
/// and with near-black, so text is drawn for a light page, and a style in the picture changes it where
/// the reader prefers dark ones. What is drawn needs 3, which each of these has with both.
const TEXT: RGBColor = RGBColor(0x59, 0x59, 0x59);
const TEXT_ON_DARK: RGBColor = RGBColor(0xa0, 0xa0, 0xa0);
const LIGHT_PAGES: [RGBColor; 1] = [RGBColor(0xff, 0xff, 0xff)];
/// Those of GitHub and of docs.rs.
const DARK_PAGES: [RGBColor; 2] = [RGBColor(0x0d, 0x11, 0x17), RGBColor(0x1e, 0x1e, 0x1e)];
const LINE: RGBAColor = RGBAColor(0x80, 0x80, 0x80, 0.35);
const OURS: RGBColor = RGBColor(0xd9, 0x6c, 0x00);
const THEIRS: RGBColor = RGBColor(0x3b, 0x82, 0xc4);

const ROW: u32 = 30;
const TOP: u32 = 56;
const NAMES: i32 = 240;
const MIDDLE: i32 = 640;
const WIDTH: u32 = 980;

struct Mark {
    name: &'static str,
    seal: f64,
    verify: f64,
    characters: usize,
}

/// WCAG 2.2: the ratio of the relative luminances, from 1 to 21.
fn contrast(one: RGBColor, other: RGBColor) -> f64 {
    let linear = |part: u8| {
        let part = f64::from(part) / 255.0;
        if part <= 0.040_45 {
            part / 12.92
        } else {
            ((part + 0.055) / 1.055).powf(2.4)
        }
    };
    let luminance = |RGBColor(red, green, blue)| {
        0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue) + 0.05
    };
    let ratio = luminance(one) / luminance(other);
    ratio.max(ratio.recip())
}

fn check_contrast() {
    let text = [(TEXT, &LIGHT_PAGES[..]), (TEXT_ON_DARK, &DARK_PAGES[..])];
    let marks =
        [OURS, THEIRS].map(|colour| [(colour, &LIGHT_PAGES[..]), (colour, &DARK_PAGES[..])]);
    let text = text.into_iter().map(|(colour, pages)| (colour, pages, 4.5));
    let marks = marks.into_iter().flatten();
    let marks = marks.map(|(colour, pages)| (colour, pages, 3.0));
    for (colour, pages, least) in text.chain(marks) {
        for page in pages {
            let ratio = contrast(colour, *page);
            assert!(
                ratio >= least,
                "{colour:?} on {page:?}: {ratio:.2}, not {least}"
            );
        }
    }
}

/// Puts the style for dark pages at the beginning of the picture: it wins over the colour of a text.
fn style(path: &Path) -> std::io::Result<()> {
    let picture = std::fs::read_to_string(path)?;
    let RGBColor(red, green, blue) = TEXT_ON_DARK;
    let style = format!(
        "<style>@media (prefers-color-scheme: dark) {{ text {{ fill: #{red:02x}{green:02x}{blue:02x} }} }}</style>\n"
    );
    let start = picture.find(">\n").map_or(0, |end| end + 2);
    let (head, rest) = picture.split_at(start);
    std::fs::write(path, [head, &style, rest].concat())
}

/// Draws the comparison.
///
/// # Panics
///
/// When a colour has too little contrast.
///
/// # Errors
///
/// When the file can't be written.
pub fn draw(report: &Report<'_>, path: &Path) -> Result<(), Box<dyn std::error::Error>> {
    check_contrast();
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mark = |name, seal: usize, verify| Mark {
        name,
        seal: report.samples.median(seal) / 1e3,
        verify: report.samples.median(verify) / 1e3,
        characters: report.plan.cases[seal].characters,
    };
    let ours = [
        mark("cloakroom with ring", RING_ISSUE, RING_VERIFY),
        mark("cloakroom", ISSUE, VERIFY),
    ];
    let peers = report.plan.rows.iter();
    let peers = peers.map(|row| mark(row.name, row.seal, row.verify));
    let marks: Vec<Mark> = ours.into_iter().chain(peers).collect();

    let rows = u32::try_from(marks.len())?;
    let height = TOP + rows * ROW + 30;
    let root = SVGBackend::new(path, (WIDTH, height)).into_drawing_area();
    let label = ("sans-serif", 14).into_font().color(&TEXT);
    let right = label.pos(Pos::new(HPos::Right, VPos::Center));
    for (row, mark) in (0..).zip(&marks) {
        let y = i32::try_from(TOP + row * ROW + ROW / 2)?;
        root.draw_text(mark.name, &right, (NAMES - 10, y))?;
    }
    let title = ("sans-serif", 15).into_font().color(&TEXT);
    let title = title.pos(Pos::new(HPos::Left, VPos::Center));
    root.draw_text(
        "microseconds: ● verify  ○ seal (less is better)",
        &title,
        (NAMES, 20),
    )?;
    root.draw_text("characters of the token", &title, (MIDDLE, 20))?;

    let count = f64::from(rows);
    let area = |from: i32, to: u32| {
        let area = root
            .clone()
            .shrink((from, TOP - 24), (to, height - TOP + 24));
        area.titled("", ("sans-serif", 1))
    };
    let least = marks.iter().map(|mark| mark.seal.min(mark.verify));
    let least = least.fold(f64::INFINITY, f64::min) * 0.8;
    let most = marks.iter().map(|mark| mark.seal.max(mark.verify));
    let most = most.fold(0.0, f64::max) * 1.25;
    let mut times = ChartBuilder::on(&area(NAMES, 370)?)
        .margin_top(24)
        .x_label_area_size(30)
        .build_cartesian_2d((least..most).log_scale(), count..0.0)?;
    times
        .configure_mesh()
        .disable_y_mesh()
        .disable_y_axis()
        .axis_style(LINE)
        .bold_line_style(LINE)
        .light_line_style(TRANSPARENT)
        .x_labels(4)
        .label_style(label.clone())
        .x_label_formatter(&|value| format!("{value}"))
        .draw()?;
    for (row, mark) in marks.iter().enumerate() {
        let (y, colour) = (row as f64 + 0.5, if row < 2 { OURS } else { THEIRS });
        let ends = vec![(mark.seal, y), (mark.verify, y)];
        times.draw_series([PathElement::new(ends, LINE.stroke_width(2))])?;
        times.draw_series([Circle::new((mark.seal, y), 5, colour.stroke_width(2))])?;
        times.draw_series([Circle::new((mark.verify, y), 6, colour.filled())])?;
    }

    let longest = marks.iter().map(|mark| mark.characters).max().unwrap_or(0);
    let mut sizes = ChartBuilder::on(&area(MIDDLE, WIDTH - MIDDLE as u32 - 10)?)
        .margin_top(24)
        .x_label_area_size(30)
        .build_cartesian_2d(0.0..longest as f64 * 1.15, count..0.0)?;
    for (row, mark) in marks.iter().enumerate() {
        let (y, colour) = (row as f64, if row < 2 { OURS } else { THEIRS });
        let (length, text) = (mark.characters as f64, mark.characters.to_string());
        sizes.draw_series([Rectangle::new(
            [(0.0, y + 0.25), (length, y + 0.75)],
            colour.filled(),
        )])?;
        let left = label.pos(Pos::new(HPos::Left, VPos::Center));
        sizes.draw_series([Text::new(text, (length + 6.0, y + 0.5), left)])?;
    }
    root.present()?;
    // The backend writes the end of the picture when it is dropped.
    drop((times, sizes, root));
    style(path)?;
    Ok(())
}
