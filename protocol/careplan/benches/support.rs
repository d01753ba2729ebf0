//! Months of invented people, as large as asked for.

use std::fmt::Write;

/// The name of a plan.
pub const PLAN: &str = "UPPLAN_202511_1379905001_43_1379900010_11_20251024090725.CSV";
/// The name of actuals.
#[allow(dead_code, reason = "not every benchmark needs it")]
pub const ACTUAL: &str = "UPJSK_202511_1379900010_11_1379905001_43_20251202091006.CSV";
/// Rows of a person.
pub const ROWS: usize = 30;

/// The rows of these people in MS932, thirty each. A plan has three services of two offices, actuals those of one, and
/// every seventh of them took place at another time.
pub fn month(people: std::ops::Range<usize>, actual: bool) -> Vec<u8> {
    let mut text = String::new();
    for person in people {
        for row in 0..ROWS {
            let late = actual && (person * ROWS + row) % 7 == 0;
            let (start, end) = if late { ("1000", "1030") } else { ("0900", "0930") };
            let (office, code, name) = match row % 3 {
                0 => ("1379900010", "111111", "みほん訪問介護ステーション"),
                1 => ("1379900010", "111211", "みほん訪問介護ステーション"),
                _ if actual => ("1379900010", "111311", "みほん訪問介護ステーション"),
                _ => ("1379900028", "152445", "デイサービスセンターみほん"),
            };
            let day = row + 1;
            let written = write!(
                text,
                "202407,139014,{person:010},20251024,202511,1379905001,\"髙見本 専門\",244,,202511{day:02},,{start},{end},1,\
                 {code},,,,,{office},\"{name}\",,0,1379905001,\r\n"
            );
            assert!(written.is_ok());
        }
    }
    encoding_rs::SHIFT_JIS.encode(&text).0.into_owned()
}
