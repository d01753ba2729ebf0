//! What changed between two versions of a document (変更箇所一覧), for the person who works by it.
//!
//! No such form is the ministry's; the arrangement is ours. Each change has a sign and words, and both texts in full.

use careplan::{
    Document, End, Field, FileKind, Record, Serial, ServiceRow, Subject, Value,
    diff::{Change, Place, Service, What},
};

use super::{Names, parts, table7};
use crate::{
    era,
    sheet::{self, Align, Block, Cell, Orientation, Row, Sheet},
    show,
};

/// Two versions of a document, or the one that there is.
#[derive(Clone, Debug)]
pub struct Versions<'a> {
    /// As it was.
    pub old: Option<&'a Document>,
    /// As it is.
    pub new: Option<&'a Document>,
    /// Who sent it.
    pub sender: End,
    /// Whom it went to: a plan of a month goes to several offices.
    pub sent: Vec<Sent>,
}

/// Whom a document went to, and the serials of both versions, which may be others for others.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    /// Whom it went to.
    pub receiver: End,
    /// The serial of what was.
    pub old: Option<Serial>,
    /// The serial of what is.
    pub new: Option<Serial>,
}

/// Arranges the form for two versions of a document; `changes` is what [`careplan::diff::diff`] tells. None without a
/// version.
#[must_use]
pub fn sheets(versions: &Versions<'_>, changes: &[Change], names: &Names) -> Vec<Sheet> {
    let Some(document) = versions.shown() else { return Vec::new() };
    let mut sheet = parts::sheet(TITLE, "", Orientation::Landscape);
    sheet.subtitle = subject(document.subject()).to_owned();
    let person = document.person();
    sheet.about = names.about((&person.insurer, &person.insured), "様");
    let of = about(document, names).replace('\n', "　");
    if !of.is_empty() {
        sheet.subtitle = format!("{}　{of}", sheet.subtitle);
    }
    let made = |document: Option<&Document>| document.map(created).unwrap_or_default();
    let mut lines = vec![
        vec![
            sheet::Field::new("利用者名", names.person_at_head((&person.insurer, &person.insured)), 24),
            sheet::Field::new("被保険者番号", person.insured.to_string(), 18),
            sheet::Field::new("対象", about(document, names), 18),
        ],
        vec![
            sheet::Field::new("送付元", end(versions.sender, names), 24),
            sheet::Field::new("前の版の作成日", made(versions.old), 18),
            sheet::Field::new("新しい版の作成日", made(versions.new), 18),
        ],
    ];
    lines.extend(versions.sent.iter().map(|sent| {
        vec![
            sheet::Field::new("宛先", end(sent.receiver, names), 24),
            sheet::Field::new("前の版の連番", serial(sent.old), 18),
            sheet::Field::new("新しい版の連番", serial(sent.new), 18),
        ]
    }));
    sheet.blocks.push(Block::Fields(lines));
    if changes.is_empty() {
        sheet.blocks.push(Block::Paragraph("変更はありません。".to_owned()));
    } else {
        let mut table = parts::table("変更箇所", &[3, 5, 18, 17, 17]);
        table.shows_caption = false;
        table.head = vec![parts::head(["印", "種別", "箇所", "変更前", "変更後"])];
        table.groups = changes.iter().map(|change| vec![row(change, names)]).collect();
        sheet.blocks.push(Block::Table(table));
    }
    vec![sheet]
}

/// Lists documents of which there is one version only; none without a document.
#[must_use]
pub fn alone(found: &[Versions<'_>], names: &Names) -> Option<Sheet> {
    let mut sheet = parts::sheet("片方の版にだけある書類の一覧", "", Orientation::Landscape);
    let mut table = parts::table("片方の版にだけある書類", &[3, 7, 16, 11, 8, 8, 7]);
    table.shows_caption = false;
    table.head = vec![parts::head(["印", "種別", "書類", "利用者名", "送付元", "宛先", "連番"])];
    table.groups = found
        .iter()
        .filter_map(|versions| {
            let document = versions.shown()?;
            let person = document.person();
            let (sign, word) =
                if versions.new.is_some() { ("＋", "新しい版だけ") } else { ("－", "前の版だけ") };
            let sent = |shown: fn(&Sent, &Names) -> String| versions.sent.iter().map(move |sent| shown(sent, names));
            Some(vec![parts::row([
                Cell::head(sign),
                Cell::new(word).align(Align::Middle),
                Cell { heads: true, ..Cell::new(show::lines([subject(document.subject()), &about(document, names)])) },
                Cell::new(names.person_in_full((&person.insurer, &person.insured))),
                Cell::new(end(versions.sender, names)),
                Cell::new(show::lines(sent(|sent, names| end(sent.receiver, names)))),
                Cell::new(show::distinct(sent(|sent, _| serial(sent.new.or(sent.old))))),
            ])])
        })
        .collect();
    if table.groups.is_empty() {
        return None;
    }
    sheet.blocks.push(Block::Table(table));
    Some(sheet)
}

/// Says that nothing changed in so many documents.
#[must_use]
pub fn same(documents: usize) -> Sheet {
    let mut sheet = parts::sheet(TITLE, "", Orientation::Landscape);
    sheet.blocks.push(Block::Paragraph(format!("変更はありません（同じ書類{documents}件）。")));
    sheet
}

/// Name of the form.
const TITLE: &str = "変更箇所一覧";

impl<'a> Versions<'a> {
    /// The newest there is.
    fn shown(&self) -> Option<&'a Document> {
        self.new.or(self.old)
    }
}

/// The day or month that a document is about; of actuals also whose they are.
fn about(document: &Document, names: &Names) -> String {
    match document {
        Document::CarePlan(plan) => era::date(plan.date),
        Document::BasicInformation(basic) => era::date(basic.date),
        Document::SupportPlan(plan) => era::date(plan.date),
        Document::MonthActual(actual) => show::lines([
            era::month_of_service(actual.month),
            names.office_in_full(actual.office),
            show::kind(actual.kind),
        ]),
        _ => document.month().map(era::month_of_service).unwrap_or_default(),
    }
}

/// The days on which a document says that it was made. Those without such a column have the day of the plan.
fn created(document: &Document) -> String {
    let records = |records: &mut dyn Iterator<Item = &Record>| {
        show::distinct(records.map(|record| show::column(record, "created_on")))
    };
    let rows = |rows: &[ServiceRow]| show::distinct(rows.iter().filter_map(|row| row.created_on).map(era::date));
    match document {
        Document::CarePlan(plan) => records(&mut plan.table1.iter().chain(&plan.table2).chain(&plan.table3)),
        Document::MonthPlan(plan) => rows(&plan.rows),
        Document::MonthActual(actual) => rows(&actual.rows),
        Document::BasicInformation(basic) => era::date(basic.date),
        Document::SupportPlan(plan) => era::date(plan.date),
        _ => String::new(),
    }
}

/// An office with its service kind, and its name where one is known.
pub(super) fn end(of: End, names: &Names) -> String {
    let name = names.office(of.office);
    if name == of.office.to_string() { of.to_string() } else { show::lines([name, of.to_string()]) }
}

fn serial(of: Option<Serial>) -> String {
    of.map_or("なし".to_owned(), |serial| serial.to_string())
}

fn row(change: &Change, names: &Names) -> Row {
    let mut place = place(&change.place, names);
    let amount = amount(&change.place);
    let with_amount = |words: &str| show::lines([words, amount.as_str()]);
    let both = |(start, end)| match show::times(start, end) {
        none if none.is_empty() => "時間なし".to_owned(),
        times => times,
    };
    let code = |code: careplan::ServiceCode| format!("{}({code})", show::service(code));
    let (sign, word, before, after) = match &change.what {
        What::Added => ("＋", "追加", String::new(), with_amount("追加されました")),
        What::Removed => ("－", "削除", amount.clone(), "削除されました".to_owned()),
        What::Picture => ("≠", "変更", "以前の画像".to_owned(), "新しい画像".to_owned()),
        What::Field { field, before, after } => {
            place = show::lines([place.as_str(), field.name_ja()]);
            let shown = |value: &Option<Value>| {
                value.as_ref().map_or("（空欄）".to_owned(), |value| cell(field, value, names))
            };
            ("≠", "変更", shown(before), shown(after))
        }
        What::Time { before, after } => ("≠", "時間変更", both(*before), both(*after)),
        What::Code { before, after } => ("≠", "サービス変更", code(*before), code(*after)),
        _ => ("≠", "変更", String::new(), String::new()),
    };
    parts::row([
        Cell::head(sign),
        Cell::new(word).align(Align::Middle),
        Cell { heads: true, ..Cell::new(place) },
        Cell::new(before),
        Cell::new(after),
    ])
}

/// Count and units of a service that came or went.
fn amount(place: &Place) -> String {
    let Place::Services { service, .. } = place else { return String::new() };
    let told = [(service.count, "回"), (service.units, "単位")];
    let told = told.into_iter().filter_map(|(of, word)| of.map(|of| show::number(of.into()) + word));
    told.collect::<Vec<_>>().join("　")
}

/// What stands in a column. Numbers of offices have the name with them, codes what they stand for.
fn cell(field: &Field, value: &Value, names: &Names) -> String {
    let shown = show::value(field, value);
    let column = field.name_en();
    if column == "service_code" {
        let name = [table7::kind(&shown), table7::sum(&shown).unwrap_or_default()].concat();
        return if name.is_empty() { shown } else { format!("{name}({shown})") };
    }
    let office = shown.parse().ok().filter(|_| column.ends_with("office_number") || column.ends_with("_office"));
    office.map_or(shown, |office| names.office_in_full(office).replace('\n', "　"))
}

fn place(place: &Place, names: &Names) -> String {
    match place {
        Place::Document { subject: of, date, month, office, kind } => show::lines([
            subject(*of).to_owned(),
            date.map(era::date).unwrap_or_default(),
            month.map(era::month_of_service).unwrap_or_default(),
            office.map(|office| names.office_in_full(office)).unwrap_or_default(),
            kind.map(show::kind).unwrap_or_default(),
        ]),
        Place::Table(of) => table(*of).to_owned(),
        Place::Row { table: of, name } => {
            let is_total = |(field, value): &(&Field, Value)| {
                field.name_en() == "service_office_number" && value.text() == Some(table7::ALL_OFFICES)
            };
            if name.iter().any(is_total) {
                return show::lines([table(*of), "全事業所の合計"]);
            }
            let told = name.iter().map(|(field, value)| show::labelled(field.name_ja(), cell(field, value, names)));
            show::lines([table(*of).to_owned()].into_iter().chain(told))
        }
        Place::Services { table: of, days, service: Service { start, end, code, office, satellite, .. }, .. } => {
            let days: Vec<String> = days.iter().map(|day| day.map_or("日付なし".to_owned(), era::day)).collect();
            show::lines([
                table(*of).to_owned(),
                days.join("、"),
                show::times(*start, *end),
                code.map(|code| format!("{}({code})", show::service(code))).unwrap_or_default(),
                office.map(|office| names.office_in_full(office)).unwrap_or_default(),
                show::labelled("サテライト", show::some(*satellite)),
            ])
        }
        _ => String::new(),
    }
}

pub(super) const fn subject(subject: Subject) -> &'static str {
    match subject {
        Subject::CarePlan => "居宅サービス計画書（第１表～第３表）",
        Subject::PlanMonth => "サービス利用票・別表（第６表・第７表）",
        Subject::Actual => "サービス提供実績",
        Subject::BasicInformation => "利用者基本情報",
        Subject::SupportPlan => "介護予防サービス・支援計画書",
        _ => "",
    }
}

const fn table(kind: FileKind) -> &'static str {
    match kind {
        FileKind::Up1Kyo => "第１表",
        FileKind::Up2Kyo => "第２表",
        FileKind::Up3Kyo => "第３表",
        FileKind::UpPlan => "第６表（予定）",
        FileKind::UpJsk => "第６表（実績）",
        FileKind::UpSikyu => "第７表",
        FileKind::UpHosoku => "利用者補足情報",
        FileKind::UpKihon => "利用者基本情報",
        FileKind::UpKihonSub1 => "１日の生活・すごし方",
        FileKind::UpKihonSub2 => "現病歴・既往歴と経過",
        FileKind::UpKihonImage => "家族構成の画像",
        FileKind::UpYobo => "支援計画書",
        FileKind::UpYoboSub => "支援計画",
        _ => "",
    }
}
