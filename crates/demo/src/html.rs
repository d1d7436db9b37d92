//! HTML from templates. What is put in is escaped unless it is markup already, by its type.

/// What a template's `{{name}}` becomes.
#[derive(Clone, Copy)]
pub enum Value<'v> {
    /// Anything; it comes out as the text that it is.
    Text(&'v str),
    /// What `fill` made.
    Html(&'v str),
}

/// The template with its values; a name without one becomes nothing.
pub fn fill(template: &str, values: &[(&str, Value<'_>)]) -> String {
    let mut filled = String::with_capacity(template.len().saturating_mul(2));
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        filled.push_str(before);
        let Some((name, after)) = after.split_once("}}") else {
            break;
        };
        match values.iter().find(|(other, _)| *other == name) {
            Some((_, Value::Text(text))) => escape(text, &mut filled),
            Some((_, Value::Html(html))) => filled.push_str(html),
            None => {}
        }
        rest = after;
    }
    filled.push_str(rest);
    filled
}

/// For text and for quoted attributes.
fn escape(text: &str, into: &mut String) {
    for c in text.chars() {
        match c {
            '&' => into.push_str("&amp;"),
            '<' => into.push_str("&lt;"),
            '>' => into.push_str("&gt;"),
            '"' => into.push_str("&quot;"),
            '\'' => into.push_str("&#39;"),
            c => into.push(c),
        }
    }
}
