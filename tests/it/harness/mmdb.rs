//! Writes databases of addresses (MaxMind DB, version 2), so that tests have real ones.

use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::Value;

/// What follows in a node of the tree.
#[derive(Debug, Clone, Copy)]
enum Next {
    Nothing,
    Node(u32),
    Record(u32),
}

/// A database of this kind that knows these networks; what is first counts where one is in another.
pub(crate) fn database(kind: &str, networks: &[(&str, Value)]) -> Vec<u8> {
    let mut nodes = vec![[Next::Nothing; 2]];
    let mut records = Vec::new();
    for (network, record) in networks {
        let at = u32::try_from(records.len()).unwrap();
        write(&mut records, record);
        add(&mut nodes, network.parse().unwrap(), at);
    }
    let count = u32::try_from(nodes.len()).unwrap();
    let mut bytes: Vec<u8> = Vec::new();
    for next in nodes.iter().flatten() {
        let number = match next {
            Next::Nothing => count,
            Next::Node(node) => *node,
            // Sixteen bytes of nothing stand between the tree and the records.
            Next::Record(at) => count + 16 + at,
        };
        bytes.extend(number.to_be_bytes());
    }
    bytes.extend([0; 16]);
    bytes.extend(records);
    bytes.extend(b"\xab\xcd\xefMaxMind.com");
    head(&mut bytes, 7, 9);
    for (name, kind_of_number, number) in [
        ("node_count", 6, u64::from(count)),
        ("record_size", 5, 32),
        ("ip_version", 5, 6),
        ("binary_format_major_version", 5, 2),
        ("binary_format_minor_version", 5, 0),
        ("build_epoch", 9, 1_795_345_732),
    ] {
        text(&mut bytes, name);
        self::number(&mut bytes, kind_of_number, number);
    }
    text(&mut bytes, "database_type");
    text(&mut bytes, kind);
    text(&mut bytes, "languages");
    head(&mut bytes, 11, 0);
    text(&mut bytes, "description");
    head(&mut bytes, 7, 0);
    bytes
}

fn add(nodes: &mut Vec<[Next; 2]>, network: IpNet, record: u32) {
    let (bits, length) = match network.network() {
        // The tree is one of IPv6; IPv4 stands in its first ninety-six bits of nothing.
        IpAddr::V4(four) => (u128::from(u32::from(four)), 96 + u32::from(network.prefix_len())),
        IpAddr::V6(six) => (u128::from(six), u32::from(network.prefix_len())),
    };
    let mut node = 0;
    for at in 0..length {
        let side = usize::from((bits >> (127 - at)) & 1 == 1);
        if at + 1 == length {
            if matches!(nodes[node][side], Next::Nothing) {
                nodes[node][side] = Next::Record(record);
            }
            return;
        }
        node = match nodes[node][side] {
            Next::Node(next) => usize::try_from(next).unwrap(),
            Next::Record(_) => return,
            Next::Nothing => {
                let next = nodes.len();
                nodes.push([Next::Nothing; 2]);
                nodes[node][side] = Next::Node(u32::try_from(next).unwrap());
                next
            }
        };
    }
}

fn write(bytes: &mut Vec<u8>, value: &Value) {
    match value {
        Value::String(words) => text(bytes, words),
        Value::Number(value) => number(bytes, 6, value.as_u64().unwrap()),
        Value::Object(map) => {
            head(bytes, 7, map.len());
            for (name, value) in map {
                text(bytes, name);
                write(bytes, value);
            }
        }
        other => panic!("{other} is not written"),
    }
}

fn text(bytes: &mut Vec<u8>, words: &str) {
    head(bytes, 2, words.len());
    bytes.extend(words.as_bytes());
}

fn number(bytes: &mut Vec<u8>, kind: u8, number: u64) {
    let digits: Vec<u8> = number.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
    head(bytes, kind, digits.len());
    bytes.extend(digits);
}

/// What a value is, and how long.
fn head(bytes: &mut Vec<u8>, kind: u8, length: usize) {
    let (short, more) = match length {
        ..29 => (u8::try_from(length).unwrap(), None),
        29..285 => (29, Some(u8::try_from(length - 29).unwrap())),
        _ => panic!("{length} is more than a test needs"),
    };
    match kind {
        ..8 => bytes.push((kind << 5) | short),
        _ => bytes.extend([short, kind - 7]),
    }
    bytes.extend(more);
}
