//! The pictures. No background is drawn, and every colour has enough contrast with white and with
//! near-black.

use plotters::prelude::*;

use crate::delay::Delays;
use crate::engine::BUDGET;
use crate::follower::Row;

const TEXT: RGBColor = RGBColor(0x80, 0x80, 0x80);
const LINE: RGBAColor = RGBAColor(0x80, 0x80, 0x80, 0.35);
const COLOURS: [RGBColor; 5] = [
    RGBColor(0x3b, 0x82, 0xc4),
    RGBColor(0x2a, 0x9d, 0x5c),
    RGBColor(0x9a, 0x6a, 0xd0),
    RGBColor(0xd9, 0x6c, 0x00),
    RGBColor(0xd0, 0x4a, 0x5a),
];
const SIZE: (u32, u32) = (860, 420);

/// One line: its name and its points.
type Line = (String, Vec<(f64, f64)>);

fn draw(
    (title, below): (&str, &str),
    (x, y): (std::ops::Range<f64>, std::ops::Range<f64>),
    logarithmic: bool,
    lines: &[Line],
) -> Result<String, Box<dyn std::error::Error>> {
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        let font = ("sans-serif", 14).into_font().color(&TEXT);
        let mut builder = ChartBuilder::on(&root);
        builder
            .caption(title, ("sans-serif", 15).into_font().color(&TEXT))
            .margin(8)
            .margin_right(24)
            .x_label_area_size(44)
            .y_label_area_size(76);
        // The two kinds of axes are two types.
        macro_rules! plot {
            ($chart:expr, $format:expr) => {{
                let mut chart = $chart;
                chart
                    .configure_mesh()
                    .axis_style(LINE)
                    .bold_line_style(LINE)
                    .light_line_style(TRANSPARENT)
                    .label_style(font.clone())
                    .x_desc(below)
                    .x_label_formatter(&$format)
                    .y_label_formatter(&$format)
                    .draw()?;
                for ((name, points), colour) in lines.iter().zip(COLOURS) {
                    chart
                        .draw_series(LineSeries::new(
                            points.iter().copied(),
                            colour.stroke_width(2),
                        ))?
                        .label(name)
                        .legend(move |(x, y)| {
                            PathElement::new(vec![(x, y), (x + 18, y)], colour.stroke_width(2))
                        });
                }
                chart
                    .configure_series_labels()
                    .position(SeriesLabelPosition::UpperLeft)
                    .label_font(font.clone())
                    .border_style(TRANSPARENT)
                    .draw()?;
            }};
        }
        if logarithmic {
            plot!(
                builder.build_cartesian_2d(x.log_scale(), y.log_scale())?,
                |value: &f64| crate::table::number(*value)
            );
        } else {
            plot!(builder.build_cartesian_2d(x, y)?, |value: &f64| format!(
                "{value:.0}"
            ));
        }
        root.present()?;
    }
    Ok(svg)
}

/// Commands a second by the number of followers.
pub fn engine(rows: &[Row]) -> String {
    let line = |row: &Row| {
        let points = vec![(10.0, 10.0 * row.commands), (1e4, 1e4 * row.commands)];
        (row.load.name.to_owned(), points)
    };
    // From below: those that say the most, and what an engine is given.
    let chosen = [0, 1, 2, 4];
    let mut lines: Vec<Line> = chosen.iter().map(|at| line(&rows[*at])).collect();
    lines.push((
        "100,000 a second".into(),
        vec![(10.0, BUDGET), (1e4, BUDGET)],
    ));
    draw(
        ("commands a second at one engine", "followers"),
        (10.0..1e4, 50.0..1e8),
        true,
        &lines,
    )
    .expect("drawn into memory")
}

/// The share of logouts that an edge knows, by the time since they were accepted.
pub fn delays(delays: &[Delays]) -> String {
    let line = |delays: &Delays| {
        let points = (0..=200).map(|step| {
            let share = f64::from(step) / 200.0;
            (delays.quantile(share), 100.0 * share)
        });
        let name = format!("an export every {:.0} s", delays.interval);
        (name, points.collect())
    };
    let mut lines: Vec<Line> = delays.iter().map(line).collect();
    lines.push(("bound".into(), vec![(30.0, 0.0), (30.0, 100.0)]));
    draw(
        (
            "edges that know of a logout, in percent",
            "seconds since it was accepted",
        ),
        (0.0..32.0, 0.0..100.0),
        false,
        &lines,
    )
    .expect("drawn into memory")
}
