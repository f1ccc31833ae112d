//! Lines that come by server-sent events, read until a test has enough of them.

use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What a stream gives until `enough` says so: the lines of its events of this name, and the id of the last one.
pub(crate) async fn follow(
    origin: &str,
    path: &str,
    (headers, name): (&[(&str, &str)], &str),
    enough: impl Fn(&[Value]) -> bool,
) -> (Vec<Value>, String) {
    let mut socket = TcpStream::connect(origin.trim_start_matches("http://")).await.unwrap();
    let headers: String = headers.iter().flat_map(|(name, value)| [*name, ": ", *value, "\r\n"]).collect();
    let head = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n{headers}\r\n");
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut text = Vec::new();
    let reading = async {
        loop {
            let mut part = vec![0; 65_536];
            let count = socket.read(&mut part).await.unwrap();
            assert!(count > 0, "the stream ended: {}", String::from_utf8_lossy(&text));
            text.extend_from_slice(&part[..count]);
            let (lines, last) = read(&String::from_utf8_lossy(&text), name);
            if enough(&lines) {
                return (lines, last);
            }
        }
    };
    tokio::time::timeout(Duration::from_mins(1), reading).await.expect("nothing more comes")
}

/// The lines of all events that came whole, and the id of the last one.
fn read(text: &str, name: &str) -> (Vec<Value>, String) {
    let (mut lines, mut last) = (Vec::new(), String::new());
    let name = format!("event: {name}");
    // Chunk sizes stand between the events.
    for event in text.split("\n\n").filter(|event| event.lines().any(|line| line == name)) {
        let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name).map(str::to_owned));
        let Some(data) = field("data: ") else { continue };
        let Ok(data) = serde_json::from_str::<Value>(&data) else { continue };
        let left_out = data.get("leftOut").or(data.get("left_out"));
        assert_eq!(left_out, Some(&Value::from(0)), "nothing is left out");
        lines.extend(data["lines"].as_array().unwrap().iter().cloned());
        last = field("id: ").unwrap_or(last);
    }
    (lines, last)
}
