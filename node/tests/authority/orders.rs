//! Many revocations, and the second administrator.

use musubi_node::authority::{ALONE, Act, Authority, Done, Error, Order, Target};
use musubi_protocol::{crl::Reason, ids::OfficeNumber, time::Timestamp};

use super::support::*;

fn number(n: usize) -> OfficeNumber {
    format!("13799001{n:02}").parse().unwrap()
}

/// An authority with `count` offices.
fn with(count: usize) -> (tempfile::TempDir, Authority) {
    let (dir, mut authority) = authority();
    for n in 0..count {
        issue(&mut authority, number(n).as_str(), &["11"], &key(u8::try_from(n + 1).unwrap())).unwrap();
    }
    (dir, authority)
}

fn perform(authority: &mut Authority, admin: &str, act: Act, now: Timestamp) -> Result<Done, Error> {
    authority.perform(admin, act, now, &mut rng(7))
}

fn revoke(authority: &mut Authority, target: Target, now: Timestamp) -> Result<usize, Order> {
    let act = Act::Revoke { target, reason: Reason::KeyCompromise };
    match perform(authority, "佐藤", act, now).unwrap() {
        Done::Revoked(revoked) => Ok(revoked.rows.len()),
        Done::Ordered(order) => Err(order),
        other => panic!("{other:?}"),
    }
}

#[test]
fn six_small_ones_within_an_hour_are_one_large() {
    let (_dir, mut authority) = with(ALONE + 2);
    for n in 0..ALONE {
        assert_eq!(revoke(&mut authority, Target::Office(number(n)), NOW), Ok(1));
    }
    let sixth = authority.list(NOW).unwrap().into_iter().find(|row| row.office == number(ALONE)).unwrap();
    let order = revoke(&mut authority, Target::Serial(sixth.serial), NOW.plus(60)).unwrap_err();
    assert_eq!((order.offices, order.serial), (vec![number(ALONE)], Some(sixth.serial.to_string())));
    // Nothing has happened, and who gave the order does not confirm it.
    let confirm = |id: &str| Act::Confirm { id: id.to_owned() };
    assert!(matches!(perform(&mut authority, "佐藤", confirm(&order.id), NOW.plus(61)), Err(Error::SameAdmin)));
    assert!(matches!(perform(&mut authority, "鈴木", confirm("00"), NOW.plus(61)), Err(Error::NoOrder)));
    // An hour later it is one of few again.
    assert_eq!(revoke(&mut authority, Target::Office(number(ALONE + 1)), NOW.plus(HOUR + 61)), Ok(1));
    // The certificate that was named goes, once.
    let done = perform(&mut authority, "鈴木", confirm(&order.id), NOW.plus(HOUR + 62)).unwrap();
    assert!(matches!(done, Done::Revoked(revoked) if revoked.rows[0].serial == sixth.serial));
    let again = perform(&mut authority, "鈴木", confirm(&order.id), NOW.plus(HOUR + 63));
    assert!(matches!(again, Err(Error::NoOrder)));
}

#[test]
fn what_was_confirmed_keeps_no_urgent_one_waiting_and_what_is_gone_spoils_no_order() {
    let (_dir, mut authority) = with(ALONE + 3);
    let offices: Vec<OfficeNumber> = (0..ALONE + 2).map(number).chain([number(0)]).collect();
    let all = Act::RevokeAll { offices, reason: Reason::CessationOfOperation };
    let Done::Ordered(order) = perform(&mut authority, "佐藤", all, NOW).unwrap() else { panic!() };
    assert_eq!(order.offices.len(), ALONE + 2, "each once");
    // One of them is revoked meanwhile, by itself.
    assert_eq!(revoke(&mut authority, Target::Office(number(3)), NOW), Ok(1));
    let confirm = Act::Confirm { id: order.id };
    let Done::Revoked(revoked) = perform(&mut authority, "鈴木", confirm, NOW).unwrap() else { panic!() };
    assert_eq!(revoked.rows.len(), ALONE + 1);
    assert_eq!(revoke(&mut authority, Target::Office(number(ALONE + 2)), NOW), Ok(1));
    assert!(authority.orders(NOW).unwrap().is_empty());
    // A number that never had a certificate is told at once, not to the second administrator.
    let unknown: Vec<OfficeNumber> = (20..30).map(number).collect();
    let act = Act::RevokeAll { offices: unknown, reason: Reason::Unspecified };
    assert!(matches!(perform(&mut authority, "佐藤", act, NOW), Err(Error::Unknown)));
}
