//! Objects that no reader may take, each but for one fault like one that is good.

use ed25519_dalek::{Signer, SigningKey};
use musubi_protocol::{
    certificate::LeafIn, crl::CrlIn, entry::Entry, ids::Hash, link::frame::Frame, seal::Manifest, signed::Unverified,
};
use serde_json::{Value, json};

use crate::{
    kept, recorded,
    support::{hex, unhex},
    world::{World, key},
};

const ID: &str = "1379905001-43";
const TO: &str = "1379900010-11";

/// CBOR by hand, also such as we would never write.
fn text(text: &str) -> Vec<u8> {
    [&[0x60 | text.len() as u8][..], text.as_bytes()].concat()
}

fn octets(bytes: &[u8]) -> Vec<u8> {
    match bytes.len() {
        length @ 0..=23 => [&[0x40 | length as u8][..], bytes].concat(),
        length @ 24..=255 => [&[0x58, length as u8][..], bytes].concat(),
        length => [&[0x59, (length >> 8) as u8, length as u8][..], bytes].concat(),
    }
}

fn array(items: &[Vec<u8>]) -> Vec<u8> {
    [&[0x80 | items.len() as u8][..], &items.concat()].concat()
}

/// A receipt's elements, one by one.
fn receipt() -> Vec<Vec<u8>> {
    let (zeros, number) = (octets(&[0; 32]), |byte: u8| vec![byte]);
    let body = array(&[octets(&[9; 32]), number(1), number(0), number(1), array(&[])]);
    vec![
        number(2),
        text(ID),
        text(TO),
        number(5),
        number(1),
        zeros.clone(),
        number(0),
        number(0),
        zeros.clone(),
        number(0),
        zeros,
        number(7),
        octets(&[3; 32]),
        body,
        array(&[]),
    ]
}

/// Signs anything as an object of a name.
fn signed(name: &str, payload: &[u8], key: &SigningKey) -> Vec<u8> {
    let aad = format!("musubi/1 {name}");
    let covered = array(&[text("Signature1"), octets(&[0xa1, 1, 0x27]), octets(aad.as_bytes()), octets(payload)]);
    let signature = key.sign(&covered).to_bytes();
    [&[0x84, 0x43, 0xa1, 1, 0x27, 0xa0][..], &octets(payload), &octets(&signature)].concat()
}

/// Adds the order of the group to S: the equation still holds.
fn malleated(mut object: Vec<u8>) -> Vec<u8> {
    let order = unhex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let at = object.len() - 32;
    let mut carry = 0;
    for (byte, add) in object[at..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    object
}

fn entries() -> Vec<(&'static str, Vec<u8>)> {
    let key = key(0x22);
    let changed = |at: usize, to: Vec<u8>| {
        let mut elements = receipt();
        elements[at] = to;
        signed("entry", &array(&elements), &key)
    };
    let body = |items: &[Vec<u8>]| array(&[&[octets(&[9; 32])], items].concat());
    let number = |byte: u8| vec![byte];
    let good = signed("entry", &array(&receipt()), &key);
    let mut longer = receipt();
    longer.push(number(0));
    let mut trailing = array(&receipt());
    trailing.push(0);
    let mut altered = good.clone();
    let certificate = good.windows(32).position(|window| window == [3; 32]).unwrap();
    altered[certificate] ^= 1;
    let replaced = |from: &[u8], to: &[u8]| [to, &good[from.len()..]].concat();
    let deep = [vec![0x81; 16], vec![0x80]].concat();
    vec![
        ("a byte after the object", [&good[..], &[0]].concat()),
        ("an altered byte", altered),
        ("a signature with S beyond the order of the group", malleated(good.clone())),
        ("another object's name under the signature", signed("record", &array(&receipt()), &key)),
        ("COSE's tag", replaced(&[], &[0xd2])),
        ("another algorithm", replaced(&[0x84, 0x43, 0xa1, 1, 0x27], &[0x84, 0x43, 0xa1, 1, 0x26])),
        ("an unprotected header", replaced(&good[..6], &[0x84, 0x43, 0xa1, 1, 0x27, 0xa1, 4, 0x41, 0])),
        ("an unused long integer", changed(3, vec![0x18, 5])),
        ("an array of indefinite length", changed(14, vec![0x9f, 0xff])),
        ("a float", changed(11, vec![0xf9, 0x3c, 0])),
        ("a null", changed(14, vec![0xf6])),
        ("a map", changed(14, vec![0xa0])),
        ("a negative number", changed(11, vec![0x20])),
        ("arrays nested too deep", changed(14, deep)),
        ("an element too many", signed("entry", &array(&longer), &key)),
        ("a byte after the payload", signed("entry", &trailing, &key)),
        ("an unknown odd extension", changed(14, vec![0x81, 0x82, 3, 0x40])),
        ("extensions that do not rise", changed(14, vec![0x82, 0x82, 4, 0x40, 0x82, 2, 0x40])),
        ("an unknown type", changed(0, number(8))),
        ("an address in small letters", changed(1, text("1379905001-a2"))),
        ("from and to are equal", changed(2, text(ID))),
        ("epoch 0", changed(3, number(0))),
        ("seq 0", changed(4, number(0))),
        ("seq 2 without a hash of the one before", changed(4, number(2))),
        ("a hash before the first", changed(5, octets(&[1; 32]))),
        ("a place in the other log without a hash", changed(7, number(1))),
        ("a hash of 31 bytes", changed(12, octets(&[3; 31]))),
        ("an unknown receipt", changed(13, body(&[number(5), number(0), number(1), array(&[])]))),
        ("an unknown originator", changed(13, body(&[number(1), number(0), number(5), array(&[])]))),
        ("a reason without a rejection", changed(13, body(&[number(1), number(1), number(1), array(&[])]))),
    ]
}

/// With the neutral point as key and as R, and S = 0, the equation holds for every message.
fn anybodys() -> (Hash, Vec<u8>) {
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let mut object = signed("entry", &array(&receipt()), &key(0x22));
    let at = object.len() - 64;
    object[at..].fill(0);
    object[at] = 1;
    (Hash(neutral), object)
}

/// `bytes` with a DER length of one byte written in two.
fn long_length(bytes: &[u8]) -> Vec<u8> {
    let at = bytes.len() - 66;
    [&bytes[..at], &[0x81, 0x41], &bytes[at + 1..]].concat()
}

fn others(world: &World) -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let leaf = world.desk("manager").leaf.der();
    let crl = world.crl.der();
    let unused = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        let at = bytes.len() - 65;
        bytes[at] = 1;
        bytes
    };
    let file = |name: &str| array(&[text(name), vec![0], octets(&Hash::of(&[]).0)]);
    let manifest =
        |files: &[Vec<u8>]| array(&[vec![0x80], vec![0x80], vec![0x80], vec![0x80], array(files), vec![0x80]]);
    let month =
        [vec![0x80], vec![0x81, 0x1a, 0, 3, 0x17, 0x17], vec![0x80], vec![0x80], array(&[file("a")]), vec![0x80]];
    vec![
        ("certificate", "another encoding of the length before the signature", long_length(leaf)),
        ("certificate", "unused bits of the signature", unused(leaf)),
        ("certificate", "a byte after it", [leaf, &[0]].concat()),
        ("certificate", "a CA's where a desk's should be", world.issuing.ca().der().to_vec()),
        ("crl", "another encoding of the length before the signature", long_length(crl)),
        ("crl", "unused bits of the signature", unused(crl)),
        ("crl", "a byte after it", [crl, &[0]].concat()),
        ("frame", "nothing", Vec::new()),
        ("frame", "an unknown type", [&[0x63], &array(&[text(ID), text(TO)])[..]].concat()),
        ("frame", "an element too few", [&[1], &array(&[text(ID)])[..]].concat()),
        ("frame", "an element too many", [&[1], &array(&[text(ID), text(TO), vec![0]])[..]].concat()),
        ("frame", "a byte after it", [&[1], &array(&[text(ID), text(TO)])[..], &[0]].concat()),
        ("frame", "an id of 31 bytes", [&[19], &array(&[text(ID), text(TO), octets(&[9; 31])])[..]].concat()),
        ("manifest", "no file", manifest(&[])),
        ("manifest", "two files of one name", manifest(&[file("a.CSV"), file("A.csv")])),
        ("manifest", "a name that leads elsewhere", manifest(&[file("../a")])),
        ("manifest", "a device's name", manifest(&[file("Con .csv")])),
        ("manifest", "a name that ends with a dot", manifest(&[file("a.")])),
        ("manifest", "a thirteenth month", array(&month)),
    ]
}

fn json(world: &World) -> Value {
    let key = hex(key(0x22).verifying_key().as_bytes());
    let entries = entries();
    let mut rows: Vec<_> = entries
        .iter()
        .map(|(why, bytes)| json!({"object": "entry", "why": why, "key": key, "bytes": hex(bytes)}))
        .collect();
    let (neutral, object) = anybodys();
    let why = "a key and an R of small order";
    rows.push(json!({"object": "entry", "why": why, "key": neutral.to_string(), "bytes": hex(&object)}));
    rows.extend(
        others(world).iter().map(|(object, why, bytes)| json!({"object": object, "why": why, "bytes": hex(bytes)})),
    );
    json!({"about": "each must be refused; key is the Ed25519 public key to verify an entry with", "cases": rows})
}

#[test]
fn bytes_of_version_1_stay_the_same() {
    recorded("refused.json", &json(&World::new()));
}

#[test]
fn what_is_built_by_hand_is_good_but_for_its_fault() {
    let good = signed("entry", &array(&receipt()), &key(0x22));
    let entry = Unverified::<Entry>::from_bytes(&good).unwrap();
    entry.verify(&key(0x22).verifying_key()).unwrap();
    let file = array(&[text("a.csv"), vec![0], octets(&Hash::of(&[]).0)]);
    let manifest = array(&[vec![0x80], vec![0x80], vec![0x80], vec![0x80], array(&[file]), vec![0x80]]);
    Manifest::from_slice(&manifest).unwrap();
}

#[test]
fn every_recorded_fault_is_refused() {
    let kept = kept("refused.json");
    let cases = kept["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 50);
    for case in cases {
        let bytes = unhex(case["bytes"].as_str().unwrap());
        let taken = match case["object"].as_str().unwrap() {
            "entry" => {
                let key: [u8; 32] = unhex(case["key"].as_str().unwrap()).try_into().unwrap();
                let key = ed25519_dalek::VerifyingKey::from_bytes(&key).unwrap();
                Unverified::<Entry>::from_bytes(&bytes).is_ok_and(|entry| entry.verify(&key).is_ok())
            }
            "certificate" => LeafIn::parse(&bytes).is_ok(),
            "crl" => CrlIn::parse(&bytes).is_ok(),
            "frame" => Frame::decode(&bytes).is_ok(),
            "manifest" => Manifest::from_slice(&bytes).is_ok(),
            other => panic!("no {other}"),
        };
        assert!(!taken, "{}: {}", case["object"], case["why"]);
    }
}
