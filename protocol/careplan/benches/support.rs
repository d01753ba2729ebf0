//! Months of invented people, as large as asked for.

use std::fmt::Write;

/// A name for a plan of these rows.
pub const PLAN: &str = "UPPLAN_202511_1379905001_43_1379900010_11_20251024090725.CSV";

/// The plan (or the actuals) of so many people, thirty rows each, in MS932. Every seventh row of actuals differs.
pub fn month(people: usize, actual: bool) -> Vec<u8> {
    let mut text = String::new();
    for person in 0..people {
        let insured = format!("{person:010}");
        for row in 0..30 {
            let day = row + 1;
            let late = actual && (person * 30 + row) % 7 == 0;
            let (start, end) = if late { ("1000", "1030") } else { ("0900", "0930") };
            // Three offices in a plan; actuals are those of one.
            let (office, code, name) = match row % 3 {
                _ if actual => ("1379900010", "111111", "みほん訪問介護ステーション"),
                0 | 1 => ("1379900010", "111111", "みほん訪問介護ステーション"),
                _ => ("1379900028", "152445", "デイサービスセンターみほん"),
            };
            if actual && row % 3 == 2 {
                continue;
            }
            let written = writeln!(
                text,
                "202407,139014,{insured},20251024,202511,1379905001,\"髙見本 専門\",244,,202511{day:02},,{start},{end},1,\
                 {code},,,,,{office},\"{name}\",,0,1379905001,\r"
            );
            assert!(written.is_ok());
        }
    }
    encoding_rs::SHIFT_JIS.encode(&text).0.into_owned()
}
