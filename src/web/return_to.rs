//! Where to go back to: only ever a path of ours. Pure.

/// `path` if it is a plain path of this site, `/` otherwise.
pub fn safe(path: &str) -> String {
    let plain = path.starts_with('/')
        && !path.starts_with("//")
        && path.len() <= 2_000
        && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if plain { path.to_owned() } else { "/".to_owned() }
}

/// The path of a URL of ours, as in `Referer` or `HX-Current-URL`.
pub fn from_url(url: &str) -> String {
    let path = url.split_once("://").and_then(|(_, rest)| rest.find('/').and_then(|at| rest.get(at..)));
    safe(path.unwrap_or_default())
}

/// The server that a path is about: `web-1` of `/servers/web-1/processes`.
pub fn server_of(path: &str) -> Option<&str> {
    path.strip_prefix("/servers/")?.split(['/', '?', '#']).next().filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_site_is_never_a_place_to_go_back_to() {
        for foreign in
            ["//evil.test", "https://evil.test/", "/\\evil.test", "javascript:alert(1)", "", "/a\r\nb", "/\tb"]
        {
            assert_eq!(safe(foreign), "/", "{foreign:?}");
        }
        assert_eq!(safe("/servers/web-1/processes?q=nginx"), "/servers/web-1/processes?q=nginx");
        assert_eq!(from_url("http://127.0.0.1:8080/account?x=1"), "/account?x=1");
        assert_eq!(from_url("http://127.0.0.1:8080//evil.test"), "/");
    }
}
