//! One frame of each type, written by hand and read by the code.

use musubi_protocol::link::frame::Frame;
use serde_json::{Value, json};

use crate::{
    kept, recorded,
    support::{hex, unhex},
};

/// Elements of a frame: numbers and texts as they are, bytes as `{"bytes": hexadecimal}`.
fn frames() -> Vec<(u8, Value)> {
    let (from, to) = ("1379905001-43", "1379900010-11");
    let id = json!({"bytes": "09".repeat(32)});
    let bytes = |text: &str| json!({"bytes": text});
    vec![
        (1, json!([from, to])),
        (2, json!([from, to, bytes("8401"), bytes(""), bytes("00ff")])),
        (3, json!([from, to, id, bytes("8402")])),
        (4, json!([bytes("84")])),
        (5, json!([bytes("30")])),
        (6, json!([bytes("84")])),
        (7, json!([24])),
        (8, json!([from, to, 8, 9])),
        (9, json!([from, to, id])),
        (16, json!([from, to, 8, 9, id])),
        (17, json!([from, to, 0, 0])),
        (18, json!([from, to, id, 65_536])),
        (19, json!([from, to, id])),
        (20, json!([from, to, 3])),
        (21, json!([u64::MAX])),
        (22, json!([from, to, bytes("8401")])),
        (32, json!([from, to, id, 0, 2_097_152])),
        (33, json!([[[id, 12]], 4, 640])),
        (34, json!([from, to, 2026])),
        (35, json!([from, to, 2026, 0, [[id, bytes("30"), bytes("84")]]])),
        (35, json!([from, to, 2026, 2, []])),
    ]
}

fn cbor(value: &Value) -> ciborium::Value {
    match value {
        Value::Array(items) => ciborium::Value::Array(items.iter().map(cbor).collect()),
        Value::Number(number) => number.as_u64().unwrap().into(),
        Value::String(text) => text.as_str().into(),
        other => ciborium::Value::Bytes(unhex(other["bytes"].as_str().unwrap())),
    }
}

fn encoded(kind: u8, elements: &Value) -> Vec<u8> {
    let mut bytes = vec![kind];
    ciborium::into_writer(&cbor(elements), &mut bytes).unwrap();
    bytes
}

#[test]
fn bytes_of_version_1_stay_the_same() {
    let rows: Vec<_> = frames()
        .iter()
        .map(|(kind, elements)| json!({"type": kind, "array": elements, "frame": hex(&encoded(*kind, elements))}))
        .collect();
    recorded("frames.json", &json!({"about": "link frames, without the packet's length", "cases": rows}));
}

#[test]
fn every_recorded_frame_is_read_and_written_again() {
    let kept = kept("frames.json");
    let cases = kept["cases"].as_array().unwrap();
    assert_eq!(cases.len(), frames().len());
    for case in cases {
        let bytes = unhex(case["frame"].as_str().unwrap());
        let frame = Frame::decode(&bytes).unwrap_or_else(|error| panic!("type {}: {error}", case["type"]));
        assert_eq!(frame.encode().unwrap(), bytes, "type {}", case["type"]);
    }
}
