//! Markdown tables, and numbers as a person writes them.

/// A table with right-aligned numbers.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let head: Vec<String> = head.iter().map(|cell| (*cell).to_owned()).collect();
    let mut text = line(&head);
    text += &format!("|---{}|\n", "|---:".repeat(head.len() - 1));
    rows.iter().for_each(|row| text += &line(row));
    text
}

/// Three significant digits at most, with separators.
pub fn number(value: f64) -> String {
    if value == 0.0 {
        return "0".into();
    }
    let digits = value.abs().log10().floor() as i32;
    if digits >= 2 {
        let unit = 10_f64.powi(digits - 2);
        return separated((value / unit).round() * unit);
    }
    let places = usize::try_from(2 - digits).unwrap_or(0).min(4);
    let text = format!("{value:.places$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn separated(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Bytes, or bytes per second with " a second" behind.
pub fn bytes(value: f64) -> String {
    for (unit, name) in [(1e9, "GB"), (1e6, "MB"), (1e3, "kB")] {
        if value >= unit {
            return format!("{} {name}", number(value / unit));
        }
    }
    format!("{} B", number(value))
}
