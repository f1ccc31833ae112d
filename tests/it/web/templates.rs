//! What no template may contain (W04, W05, W06).

use crate::house::sizes::files;

/// Every template with its path.
fn templates() -> Vec<(String, String)> {
    let templates = files("templates", &["html"]);
    assert!(templates.len() > 10);
    templates.into_iter().map(|path| (path.display().to_string(), std::fs::read_to_string(path).unwrap())).collect()
}

/// The markup of a template: expressions, statements and comments are taken out.
fn markup(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("{{").into_iter().chain(rest.find("{%")).chain(rest.find("{#")).min() {
        out.push_str(&rest[..at]);
        let close = match &rest[at..at + 2] {
            "{{" => "}}",
            "{%" => "%}",
            _ => "#}",
        };
        let end = rest[at..].find(close).expect("a closed expression") + at + 2;
        out.push_str(if close == "}}" { "\u{1}" } else { "" });
        rest = &rest[end..];
    }
    out + rest
}

/// Attributes of every tag as name and the character that begins the value.
fn attributes(markup: &str) -> Vec<(String, Option<char>, String)> {
    let mut found = Vec::new();
    for tag in markup.split('<').skip(1).filter(|tag| tag.starts_with(|c: char| c.is_ascii_alphabetic())) {
        let mut rest = tag.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '-');
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/' || c == '\u{1}');
            let end = rest.find(|c: char| c.is_whitespace() || "=>/".contains(c)).unwrap_or(rest.len());
            if end == 0 {
                break;
            }
            let name = rest[..end].to_ascii_lowercase();
            rest = &rest[end..];
            let Some(after) = rest.strip_prefix('=') else {
                found.push((name, None, String::new()));
                continue;
            };
            let quote = after.chars().next().unwrap();
            let value = after[1..].split(quote).next().unwrap().to_owned();
            rest = match quote {
                '"' | '\'' => &after[value.len() + 2..],
                _ => after.trim_start_matches(|c: char| !c.is_whitespace()),
            };
            found.push((name, Some(quote), value));
        }
    }
    found
}

#[test]
fn sec_w04_no_template_has_inline_style_script_or_handler() {
    for (path, text) in templates() {
        let markup = markup(&text);
        for (name, _, _) in attributes(&markup) {
            assert!(name != "style" && name != "srcdoc" && name != "nonce", "{path}: {name}");
            assert!(!name.starts_with("on") && !name.starts_with("hx-on"), "{path}: {name}");
        }
        let lower = markup.to_ascii_lowercase();
        assert!(!lower.contains("<style"), "{path}");
        for script in lower.split("<script").skip(1) {
            let (tag, rest) = script.split_once('>').unwrap();
            assert!(tag.contains(" src=") && rest.starts_with("</script>"), "{path}: an inline script");
        }
    }
}

#[test]
fn sec_w05_every_attribute_is_quoted_and_nothing_is_exempt_from_escaping() {
    for (path, text) in templates() {
        for (name, quote, value) in attributes(&markup(&text)) {
            assert!(matches!(quote, None | Some('"' | '\'')), "{path}: {name} is not quoted");
            assert!(!value.starts_with("js:") && !value.starts_with("javascript:"), "{path}: {name}={value}");
            let is_address =
                name.starts_with("hx-") || matches!(name.as_str(), "href" | "src" | "action" | "formaction");
            assert!(!is_address || !value.starts_with("http"), "{path}: {name} leaves this site");
        }
        let code = text.replace(' ', "");
        assert!(
            !code.contains("|safe") && !code.contains("|escape(\"none\")") && !code.contains("autoescape"),
            "{path}"
        );
    }
    for path in files("src", &["rs"]) {
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains("escape = \"none\"") && !text.contains("MaybeSafe"), "{}", path.display());
        assert!(!text.contains("filters::Safe") && !text.contains("HtmlSafe"), "{}", path.display());
    }
}

#[test]
fn sec_w06_the_htmx_configuration_is_the_reviewed_one() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/templates/layouts/base.html")).unwrap();
    let expected = r#"<meta name="htmx-config" content='{"allowEval":false,"allowScriptTags":false,"includeIndicatorStyles":false,"selfRequestsOnly":true,"historyCacheSize":0,"refreshOnHistoryMiss":true,"allowNestedOobSwaps":false,"responseHandling":[{"code":"204","swap":false},{"code":"[23]..","swap":true},{"code":"[45]..","swap":true,"error":true}]}'>"#;
    assert!(text.contains(expected));
}

#[test]
fn the_lint_sees_what_it_looks_for() {
    let bad = attributes(&markup("<a HREF={{ x }} onclick='y' {% if a %}hidden{% endif %} style=\"z\">"));
    let names: Vec<&str> = bad.iter().map(|(name, _, _)| name.as_str()).collect();
    assert_eq!(names, ["href", "onclick", "hidden", "style"]);
    assert_eq!(bad[0].1, Some('\u{1}'));
}
