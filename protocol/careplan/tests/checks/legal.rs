//! Files that are legal, or odd and harmless, and look otherwise than the sample.

use careplan::{Bundle, Collection, Edition, File, FileKind, Layout, Rule, Severity, Subject, Unit};

const PLAN: &str = "UPPLAN_202511_1379905001_43_1379900010_11_20251024090725.CSV";
const TABLE7: &str = "UPSIKYU_202511_1379905001_43_1379900010_11_20251024090725.CSV";
const SUPPLEMENT: &str = "UPHOSOKU_202511_1379905001_43_1379900010_11_20251024090725.CSV";

/// A row of this kind with what every row has, and these cells.
fn row(kind: FileKind, cells: &[(&str, &str)]) -> String {
    let layout = Layout::of(kind, Edition::V4_1).unwrap();
    let always = [
        ("csv_version", "202407"),
        ("insurer_number", "139014"),
        ("insured_number", "0009000000"),
        ("created_on", "20251024"),
        ("service_month", "202511"),
        ("over_30_days", "0"),
        ("cm_office_number", "1379905001"),
        ("start_time", "9999"),
        ("end_time", "9999"),
        ("count", "1"),
        ("service_office_number", "1379900010"),
        ("units", "0"),
        ("count_or_days", "0"),
    ];
    let cell = |name| cells.iter().chain(&always).find(|(field, _)| *field == name).map_or("", |(_, value)| *value);
    for (name, _) in cells {
        assert!(layout.column(name).is_some(), "{kind} has no {name}");
    }
    let row: Vec<_> = layout.fields().iter().map(|field| cell(field.name_en())).collect();
    row.join(",") + "\r\n"
}

fn read(name: &str, rows: &[String]) -> File {
    let text = rows.concat();
    File::read(name, &encoding_rs::SHIFT_JIS.encode(&text).0).unwrap()
}

fn rules(file: &File) -> Vec<Rule> {
    file.findings().iter().map(|finding| finding.rule()).collect()
}

/// A line of table 7: office, code, units, count, amount, and further cells.
fn line(office: &str, code: &str, units: &str, count: &str, amount: &str, cells: &[(&str, &str)]) -> String {
    let own = [
        ("service_office_number", office),
        ("service_code", code),
        ("units", units),
        ("count_or_days", count),
        ("service_units_amount", amount),
    ];
    row(FileKind::UpSikyu, &[cells, &own].concat())
}

fn total(amount: &str, cells: &[(&str, &str)]) -> String {
    line("9999999999", "999999", "0", "0", amount, cells)
}

fn assert_table7(lines: &[String], expected: &[Rule]) {
    assert_eq!(rules(&read(TABLE7, lines)), expected);
}

const A: &str = "1379900010";
const B: &str = "1379900028";
const MANAGED: &str = "benefit_management_units";

#[test]
fn subtotals_stand_where_they_are_needed() {
    // One office with two codes and its subtotal, another of the same kind with one code and none.
    let lines = [
        line(A, "111111", "244", "2", "488", &[(MANAGED, "488")]),
        line(A, "111211", "387", "1", "387", &[(MANAGED, "387")]),
        line(A, "11AAAA", "0", "0", "875", &[(MANAGED, "875")]),
        line(B, "111111", "244", "1", "244", &[(MANAGED, "244")]),
        total("1119", &[(MANAGED, "1119")]),
    ];
    assert_table7(&lines, &[]);
    // One subtotal for both.
    let shared = [
        line(A, "111111", "244", "2", "488", &[(MANAGED, "488")]),
        line(B, "111211", "387", "1", "387", &[(MANAGED, "387")]),
        line(B, "11AAAA", "0", "0", "875", &[(MANAGED, "875")]),
        total("875", &[]),
    ];
    assert_table7(&shared, &[]);
    // A satellite with its own.
    let satellite = [
        line(A, "152444", "1000", "1", "1000", &[(MANAGED, "1000")]),
        line(A, "155051", "56", "1", "56", &[(MANAGED, "56")]),
        line(A, "15AAAA", "0", "0", "1056", &[]),
        line(A, "152444", "1000", "1", "1000", &[(MANAGED, "1000"), ("satellite_no", "1")]),
        total("2056", &[]),
    ];
    assert_table7(&satellite, &[]);
    let wrong = [
        line(A, "111111", "244", "2", "488", &[(MANAGED, "488")]),
        line(A, "11AAAA", "0", "0", "487", &[]),
        total("488", &[]),
    ];
    assert_table7(&wrong, &[Rule::BenefitSubtotal]);
}

#[test]
fn money_is_reckoned_in_several_ways() {
    // A large day service: other units under management; cost of what is provided.
    let large = [
        ("yen_per_unit", "10.68"),
        (MANAGED, "1950"),
        ("within_category_limit_units", "1950"),
        ("total_cost_insured", "19224"),
    ];
    assert_table7(&[line(A, "151111", "900", "2", "1800", &large), total("1800", &[])], &[]);
    // Public assistance: the person pays nothing.
    let assistance = [
        ("yen_per_unit", "10.00"),
        (MANAGED, "100"),
        ("total_cost_insured", "1000"),
        ("benefit_rate", "90"),
        ("insurance_claim", "900"),
        ("copay_insured", "0"),
    ];
    assert_table7(&[line(A, "111111", "100", "1", "100", &assistance), total("100", &[])], &[]);
    // Yen cut off on each line and added up.
    let cut = |cost: &'static str, claim: &'static str| {
        [("yen_per_unit", "11.05"), ("benefit_rate", "90"), ("total_cost_insured", cost), ("insurance_claim", claim)]
    };
    let lines = [
        line(A, "111111", "101", "1", "101", &[&cut("1116", "1004")[..], &[(MANAGED, "101")]].concat()),
        line(A, "111211", "101", "1", "101", &[&cut("1116", "1004")[..], &[(MANAGED, "101")]].concat()),
        line(A, "11AAAA", "0", "0", "202", &[&cut("2232", "2008")[..], &[(MANAGED, "202")]].concat()),
        total("202", &[("total_cost_insured", "2232"), ("insurance_claim", "2008")]),
    ];
    assert_table7(&lines, &[]);
    // Kyosei: the units of the month on the first day.
    assert_table7(&[line(A, "151111", "1700", "3", "1700", &[]), total("1700", &[])], &[]);
    // Money on a line outside the limit, and on the subtotal of those inside.
    let parts = [
        line(A, "111111", "100", "1", "100", &[(MANAGED, "100")]),
        line(A, "116279", "10", "1", "10", &[("total_cost_insured", "110"), ("yen_per_unit", "11.05")]),
        line(A, "11AAAA", "0", "0", "100", &[("total_cost_insured", "1105"), ("yen_per_unit", "11.05")]),
        total("110", &[("total_cost_insured", "1215")]),
    ];
    assert_table7(&parts, &[]);
}

#[test]
fn equipment_may_be_lent_twice() {
    let chair = || line(A, "171001", "800", "1", "800", &[("tais_code", "99002-000127"), (MANAGED, "800")]);
    assert_table7(&[chair(), chair(), line(A, "17AAAA", "0", "0", "1600", &[]), total("1600", &[])], &[]);
}

#[test]
fn short_uses_count_their_days_too() {
    let over = [("over_30_days", "1")];
    assert_table7(&[line(A, "381111", "700", "1", "700", &over), total("700", &[])], &[]);
    assert_table7(&[line(A, "111111", "244", "1", "244", &over), total("244", &[])], &[Rule::OverKind]);
}

fn unit(files: &[(&str, String)]) -> Unit {
    let mut collection = Collection::new();
    for (name, text) in files {
        collection.add(name, &encoding_rs::SHIFT_JIS.encode(text).0);
    }
    let mut units = collection.sort().units;
    assert_eq!(units.len(), 1);
    units.remove(0)
}

fn supplement(cells: &[(&str, &str)]) -> String {
    let own = [
        ("care_plan_date", "00000000"),
        ("user_name_kana", "ﾐﾎﾝ"),
        ("user_name", "見本"),
        ("sex", "2"),
        ("birth_date", "19400101"),
    ];
    row(FileKind::UpHosoku, &[cells, &own].concat())
}

/// Services paid by the month stand on each day they take place, or once.
#[test]
fn monthly_services_are_counted_by_the_month() {
    for units in [["27000", "27000"], ["27000", "0"]] {
        let day = |date: &str, units: &str| {
            row(FileKind::UpPlan, &[("service_date", date), ("service_code", "731111"), ("units", units)])
        };
        let [plan, table7, hosoku] = [PLAN, TABLE7, SUPPLEMENT].map(|name| name.replace("_11_", "_73_"));
        let unit = unit(&[
            (&plan, day("20251104", units[0]) + &day("20251111", units[1])),
            (&table7, line(A, "731111", "27000", "1", "27000", &[]) + &total("27000", &[])),
            (&hosoku, supplement(&[])),
        ]);
        assert_eq!(unit.bundle(), Some(Bundle::B2));
        assert!(unit.findings().is_empty(), "{:?}", unit.findings());
    }
}

/// What is optional, or left out by the exchange, stops nothing.
#[test]
fn odd_cells_that_harm_nobody_are_warnings() {
    let odd = [
        (TABLE7, line(A, "111111", "244", "1", "244", &[("discount_rate", "95.00")]) + &total("244", &[])),
        (TABLE7, line(A, "111111", "244", "1", "244", &[("entered_by", "user-01")]) + &total("244", &[])),
        (SUPPLEMENT, supplement(&[("certified_on", "00000000"), ("consent_receiver_office", "CM-1")])),
        (
            PLAN,
            row(FileKind::UpPlan, &[("service_date", "20251104"), ("service_code", "111111"), ("units", "244")])
                + &row(
                    FileKind::UpPlan,
                    &[("service_date", "20251104"), ("service_code", "421111"), ("service_office_number", "")],
                ),
        ),
    ];
    for (name, text) in odd {
        let file = read(name, &[text]);
        assert!(file.findings().iter().all(|finding| finding.severity() < Severity::Error), "{:?}", file.findings());
    }
    // The same cell where it must be right.
    let date = read(PLAN, &[row(FileKind::UpPlan, &[("service_date", "x"), ("service_code", "111111")])]);
    assert!(date.findings().iter().any(|finding| finding.rule() == Rule::CellNotDate && finding.is_error()));
}

/// The rows of a supplement tell by themselves where they belong.
#[test]
fn a_supplement_is_read_under_the_other_name() {
    let zero = SUPPLEMENT.replace("202511", "000000");
    let month = read(&zero, &[supplement(&[("service_month", "202511")])]);
    assert_eq!((month.refused_rows(), month.keys().next().unwrap().subject()), (0, Subject::PlanMonth));
    let plan = read(SUPPLEMENT, &[supplement(&[("service_month", "000000"), ("care_plan_date", "20251010")])]);
    assert_eq!((plan.refused_rows(), plan.keys().next().unwrap().subject()), (0, Subject::CarePlan));
    let empty = read(SUPPLEMENT, &[supplement(&[("service_month", "")])]);
    assert_eq!(empty.keys().next().unwrap().cells().nth(2), Some("202511"));
    let neither = read(&zero, &[supplement(&[("service_month", "000000")])]);
    assert_eq!((neither.refused_rows(), rules(&neither)), (1, vec![Rule::CellUnreadable]));
    // What was good in one row is judged anew in the next.
    let other = supplement(&[("insured_number", "0009000001"), ("service_month", "000000")]);
    let both = read(&zero, &[supplement(&[("service_month", "202511")]), other]);
    assert_eq!((both.refused_rows(), rules(&both)), (1, vec![Rule::MonthZeros, Rule::CellUnreadable]));
    let garbage = read(SUPPLEMENT, &[supplement(&[("service_month", "x")])]);
    assert_eq!(garbage.refused_rows(), 1);
}

#[test]
fn empty_columns_at_the_end_make_no_new_edition() {
    let old =
        "202208,139014,0009000000,20250402,202503,1379905001,,1,,20250301,,0900,0930,1,111111,,1379900010,,,0,,,,,\r\n";
    let name = "UPJSK_202503_1379900010_1379905001_20250402090613.CSV";
    let file = read(name, &[old.to_owned()]);
    assert_eq!((file.edition(), file.columns(), rules(&file)), (Edition::V3, Some(22), vec![]));
}

#[test]
fn support_centres_plan_whatever_the_name_tells() {
    let plan = row(FileKind::UpPlan, &[("service_date", "20251104"), ("service_code", "111111"), ("units", "244")]);
    for (receiver, expected) in [("1300000015_460", true), ("1379900036_170", false)] {
        let name = format!("UPPLAN_202511_1379905001_430_{receiver}_20251024090725.CSV");
        let file = read(&name, std::slice::from_ref(&plan));
        assert_eq!(!rules(&file).contains(&Rule::PrivacyUnrelated), expected, "{receiver}");
    }
}

#[test]
fn to_remove_twice_is_harmless() {
    let name = "DLTPLAN_202511_1379905001_43_1379900036_17_20251105090320.CSV";
    let removal = row(FileKind::DltPlan, &[]);
    let file = read(name, &[removal.clone(), removal]);
    assert_eq!(rules(&file), [Rule::DoubleRow]);
    assert!(!file.findings()[0].is_error());
}

#[test]
fn getting_up_has_no_end() {
    let name = "UP3KYO_1379905001_43_1379900010_11_20251020090308.CSV";
    let plan = [("care_plan_date", "20251010"), ("daily_activity", "起床"), ("activity_start", "0700")];
    assert_eq!(rules(&read(name, &[row(FileKind::Up3Kyo, &plan)])), []);
}
