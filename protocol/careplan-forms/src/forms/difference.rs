//! What changed between two versions of a document (変更箇所一覧), for the person who works by it.
//!
//! No such form is the ministry's; the arrangement is ours. Each change has a sign and words, and both texts in full.

use careplan::{
    Document, FileKind, Subject,
    diff::{Change, Place, Service, What},
};

use super::{Names, parts};
use crate::{
    era,
    sheet::{Align, Block, Cell, Field, Orientation, Row, Sheet},
    show,
};

/// Arranges the form for a new version of a document; `changes` is what [`careplan::diff::diff`] tells.
#[must_use]
pub fn sheets(document: &Document, changes: &[Change], names: &Names) -> Vec<Sheet> {
    let mut sheet = parts::sheet("変更箇所一覧", "", Orientation::Landscape);
    sheet.subtitle = subject(document.subject()).to_owned();
    let person = document.person();
    let date = match document {
        Document::CarePlan(plan) => era::date(plan.date),
        Document::BasicInformation(basic) => era::date(basic.date),
        Document::SupportPlan(plan) => era::date(plan.date),
        _ => document.month().map(era::month_of_service).unwrap_or_default(),
    };
    sheet.blocks.push(Block::Fields(vec![vec![
        Field::new("利用者名", names.person(&person.insured) + "　様", 24),
        Field::new("被保険者番号", person.insured.to_string(), 18),
        Field::new("対象", date, 18),
    ]]));
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

fn row(change: &Change, names: &Names) -> Row {
    let mut place = place(&change.place, names);
    let both = |(start, end)| match show::times(start, end) {
        none if none.is_empty() => "時間なし".to_owned(),
        times => times,
    };
    let code = |code: careplan::ServiceCode| format!("{}({code})", show::service(code));
    let (sign, word, before, after) = match &change.what {
        What::Added => ("＋", "追加", String::new(), "追加されました".to_owned()),
        What::Removed => ("－", "削除", "削除されました".to_owned(), String::new()),
        What::Picture => ("≠", "変更", "以前の画像".to_owned(), "新しい画像".to_owned()),
        What::Field { field, before, after } => {
            place = show::lines([place.as_str(), field.name_ja()]);
            let shown = |value: &Option<careplan::Value>| {
                value.as_ref().map_or("（空欄）".to_owned(), |value| show::value(field, value))
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

fn place(place: &Place, names: &Names) -> String {
    match place {
        Place::Document { subject: of, date, month, office, kind } => show::lines([
            subject(*of).to_owned(),
            date.map(era::date).unwrap_or_default(),
            month.map(era::month_of_service).unwrap_or_default(),
            office.map(|office| names.office(office)).unwrap_or_default(),
            kind.map(show::kind).unwrap_or_default(),
        ]),
        Place::Table(of) => table(*of).to_owned(),
        Place::Row { table: of, name } => {
            let told = name.iter().map(|(field, value)| show::labelled(field.name_ja(), show::value(field, value)));
            show::lines([table(*of).to_owned()].into_iter().chain(told))
        }
        Place::Services { table: of, days, service: Service { start, end, code, office, satellite }, .. } => {
            let days: Vec<String> = days.iter().map(|day| day.map_or("日付なし".to_owned(), era::day)).collect();
            show::lines([
                table(*of).to_owned(),
                days.join("、"),
                show::times(*start, *end),
                code.map(|code| format!("{}({code})", show::service(code))).unwrap_or_default(),
                office.map(|office| names.office(office)).unwrap_or_default(),
                show::labelled("サテライト", show::some(*satellite)),
            ])
        }
        _ => String::new(),
    }
}

const fn subject(subject: Subject) -> &'static str {
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
