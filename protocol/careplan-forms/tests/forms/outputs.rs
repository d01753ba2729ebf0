//! Outputs show what stands on the sheets, all of it and as text.

use std::collections::{HashMap, HashSet};

use careplan::{
    Document, FileKind, Ledger, MonthActual, MonthPlan, OfficeNumber, Record, Value,
    diff::{Change, Place, What, diff},
    reconcile::{Difference, DifferenceKind, Reconciliation},
};
use careplan_forms::{
    era,
    forms::{self, Names, Recipient, difference, reconciliation},
    html::html,
    sheet::{Block, Pack, SHARES, Sheet, Table},
    text::text,
};
use unicode_width::UnicodeWidthStr;

use crate::{extreme, full, samples};

fn all_sheets() -> Vec<Sheet> {
    let mut sheets = Vec::new();
    let (month, actual) = extreme::month(60);
    sheets.extend(forms::of(&month, &[&actual], Recipient::User, &Names::default()));
    let mut documents = samples::documents();
    documents.extend(full::full_documents());
    documents.extend(extreme::people(3).into_iter().map(|(plan, _)| plan));
    documents.extend([
        extreme::care_plan(),
        extreme::support_plan(),
        extreme::basic(b"no picture"),
        extreme::basic(&[0xff, 0xd8, 0xff, 0xd9]),
    ]);
    for document in &documents {
        sheets.extend(forms::of(document, &[], Recipient::User, &Names::default()));
    }
    let ledger = samples::ledger();
    let result = Reconciliation::of_ledgers(&ledger, &ledger);
    let names = Names::of(&documents);
    sheets.extend(reconciliation::by_person(&result, &names));
    sheets.extend(reconciliation::by_office(&result, &names));
    sheets.push(reconciliation::telephone(&result, &names));
    for (plan, actuals) in months(&ledger) {
        let month = forms::Month { plan: Some(plan), actuals: &actuals };
        sheets.extend(reconciliation::by_row(&result, &month, &names));
    }
    for (old, new) in version_pairs(&documents) {
        sheets.extend(difference::sheets(&samples::versions(Some(old), Some(new)), &diff(old, new), &names));
        sheets.extend(difference::alone(
            &[samples::versions(Some(old), None), samples::versions(None, Some(new))],
            &names,
        ));
    }
    sheets.push(difference::same(12));
    sheets
}

fn version_pairs(documents: &[Document]) -> impl Iterator<Item = (&Document, &Document)> {
    documents.iter().enumerate().flat_map(move |(at, old)| {
        documents[at + 1..].iter().filter(move |new| new.key() == old.key() && *new != old).map(move |new| (old, new))
    })
}

#[test]
fn a_new_version_tells_where_it_came_from_and_when() {
    let documents = samples::documents();
    let names = Names::of(&documents);
    let planner = names.office("1379905001".parse().unwrap());
    let (old, new) = version_pairs(&documents).find(|(_, new)| matches!(new, Document::MonthPlan(_))).unwrap();
    let sheets = difference::sheets(&samples::versions(Some(old), Some(new)), &diff(old, new), &names);
    let Block::Fields(lines) = &sheets[0].blocks[0] else { panic!("no fields") };
    let value = |line: usize, at: usize| lines[line][at].value.as_str();
    assert_eq!(value(1, 0), format!("{planner}\n1379905001-43"));
    for (at, of) in [(1, old), (2, new)] {
        let Document::MonthPlan(plan) = of else { panic!("no plan") };
        let day = era::date(plan.rows[0].created_on.unwrap());
        assert!(value(1, at).lines().any(|line| line == day), "{day}");
    }
    assert_eq!((value(2, 1), value(2, 2)), ("20251024090725", "20251112091403"));
    // An office whose name is not known stands by its number.
    assert_eq!((value(3, 0), value(3, 1)), ("1379999990-11", "なし"));
    // Documents on one side only are listed with sign and words.
    let alone =
        difference::alone(&[samples::versions(Some(old), None), samples::versions(None, Some(new))], &names).unwrap();
    let Block::Table(table) = &alone.blocks[0] else { panic!("no table") };
    let told = table.groups.iter().map(|group| [&group[0].cells[0].text, &group[0].cells[1].text]);
    assert_eq!(told.collect::<Vec<_>>(), [["－", "前の版だけ"], ["＋", "新しい版だけ"]]);
    assert!(table.groups[0][0].cells[6].text.contains("20251024090725"));
    assert!(difference::alone(&[], &names).is_none());
    assert!(difference::same(3).texts().contains(&"変更はありません（同じ書類3件）。"));
}

#[test]
fn tables_are_whole() {
    let sheets = all_sheets();
    assert!(sheets.len() > 150, "{}", sheets.len());
    for sheet in &sheets {
        for block in &sheet.blocks {
            match block {
                Block::Table(table) => is_whole(sheet, table),
                Block::Fields(lines) => {
                    for line in lines {
                        let shares: u16 = line.iter().map(|field| field.shares).sum();
                        assert!(shares <= SHARES, "{} {:?}", sheet.title, line[0].label);
                    }
                }
                _ => {}
            }
        }
    }
}

fn is_whole(sheet: &Sheet, table: &Table) {
    let name = format!("{} {}", sheet.title, table.caption);
    assert!(table.widths.iter().sum::<u16>() <= SHARES, "{name}");
    let columns = table.widths.len();
    for group in std::iter::once(&table.head).chain(&table.groups) {
        let mut taken = vec![vec![false; columns]; group.len()];
        for (at, row) in group.iter().enumerate() {
            for cell in &row.cells {
                let column = taken[at].iter().position(|taken| !taken).expect(&name);
                assert!(at + usize::from(cell.rows) <= group.len(), "{name}: a cell hangs out of its group");
                for line in &mut taken[at..at + usize::from(cell.rows)] {
                    for place in &mut line[column..column + usize::from(cell.columns)] {
                        assert!(!*place, "{name}: cells lie on each other");
                        *place = true;
                    }
                }
            }
            assert!(taken[at].iter().all(|taken| *taken), "{name}: row {at} has a hole");
        }
    }
}

#[test]
fn a_page_holds_every_text_as_text() {
    let sheets = all_sheets();
    let page = html(&Pack { title: "<b>束</b>".into(), sheets: sheets.clone() });
    assert!(
        !page.contains("<script") && !page.contains("<b>") && !page.contains('\u{202e}') && !page.contains('\u{1b}')
    );
    // What keeps a box with its choice is no end of a text.
    let body = page.split_once("<main>").unwrap().1.replace("<span class=\"k\">", "").replace("</span>", "");
    let mut plain = String::new();
    let mut in_tag = false;
    for character in body.chars() {
        match character {
            '<' => in_tag = true,
            '>' if in_tag => {
                in_tag = false;
                plain.push('\u{1e}');
            }
            other if !in_tag => plain.push(other),
            _ => {}
        }
    }
    let plain = plain.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'");
    let plain = plain.replace("&amp;", "&");
    for text in sheets.iter().flat_map(Sheet::texts) {
        let shown = text.replace('\u{202e}', "[U+202E]").replace('\u{1b}', "[U+001B]").replace('\0', "[U+0000]");
        assert!(plain.contains(&format!("\u{1e}{shown}\u{1e}")), "{text}");
    }
}

#[test]
fn tags_close_and_headings_say_what_they_head() {
    let page = html(&Pack { title: "束".into(), sheets: all_sheets() });
    for tag in ["article", "table", "thead", "tbody", "tr", "th", "td", "dl", "dt", "dd", "div", "ul", "li", "p", "h2"]
    {
        let opened = page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
        assert_eq!(opened, page.matches(&format!("</{tag}>")).count(), "{tag}");
    }
    assert_eq!(page.matches("<th>").count(), 0);
    let named = page.matches("<caption").count()
        + page.matches("<table class=\"field\" style=\"--share:1\" aria-label=").count();
    assert_eq!(page.matches("<table").count(), named);
    assert_eq!(page.matches("<main>").count(), 1);
    assert!(page.contains("default-src 'none'") && page.contains("<html lang=\"ja\">"));
    assert_eq!(
        page.matches("<img ").count(),
        page.matches("<img alt=\"家族構成図\" src=\"data:image/jpeg;base64,").count()
    );
    assert!(page.contains("画像を表示できません：家族構成図"));
}

#[test]
fn a_terminal_shows_every_character_within_its_width() {
    for sheet in all_sheets() {
        for width in [20, 40, 80, 400] {
            let shown = text(&sheet, width);
            for line in shown.lines() {
                assert!(line.width() <= width, "{} {width}: {line}", sheet.title);
                assert!(line.chars().all(|character| !character.is_control()), "{line:?}");
            }
            let mut count: HashMap<char, i64> = HashMap::new();
            shown.chars().for_each(|character| *count.entry(character).or_default() += 1);
            let texts = sheet.blocks.iter().flat_map(block_texts).chain([sheet.title.as_str()]);
            for character in
                texts.flat_map(str::chars).filter(|c| !c.is_whitespace() && !c.is_control() && *c != '\u{202e}')
            {
                *count.entry(character).or_default() -= 1;
            }
            let dropped: String =
                count.iter().filter(|(_, left)| **left < 0).map(|(character, _)| *character).collect();
            assert!(dropped.is_empty(), "{} {width}: {dropped}", sheet.title);
        }
    }
}

/// What every terminal has to show: heads of columns stand only where their columns say something.
fn block_texts(block: &Block) -> Vec<&str> {
    match block {
        Block::Table(table) => {
            table.groups.iter().flatten().flat_map(|row| &row.cells).map(|cell| cell.text.as_str()).collect()
        }
        Block::Fields(lines) => {
            lines.iter().flatten().flat_map(|field| [field.label.as_str(), field.value.as_str()]).collect()
        }
        Block::Heading(text) | Block::Paragraph(text) => vec![text],
        Block::Picture(picture) => vec![&picture.description],
        Block::Signature(before) => before.iter().map(String::as_str).collect(),
    }
}

#[test]
fn an_office_sees_its_own_rows_and_the_person_signs() {
    let (month, actual) = extreme::month(60);
    let office: OfficeNumber = "1379900001".parse().unwrap();
    let sheets = forms::of(&month, &[&actual], Recipient::Office(office), &Names::default());
    let all = sheets.iter().flat_map(Sheet::texts).collect::<Vec<_>>().join("\n");
    assert!(all.contains("サービス提供票") && all.contains("1379900001") && all.contains("コード：150001"));
    assert!(!all.contains("1379900000") && !all.contains("コード：150000") && !all.contains("利用者確認"));
    let own = forms::of(&month, &[&actual], Recipient::User, &Names::default());
    assert!(own.iter().flat_map(Sheet::texts).any(|text| text == "利用者確認"));
    let Block::Table(calendar) = &own[0].blocks[1] else { panic!("no calendar") };
    assert_eq!(calendar.groups.len(), 61);
    assert_eq!(calendar.groups[0].len(), 2);
}

#[test]
fn what_was_not_given_shows_a_nought() {
    let (month, mut actual) = extreme::month(1);
    actual.rows.retain(|row| row.date.is_none_or(|date| date.day() != 1));
    let sheets = forms::of(&month, &[&actual], Recipient::Planner, &Names::default());
    let Block::Table(calendar) = &sheets[0].blocks[1] else { panic!("no calendar") };
    let first = &calendar.groups[0][1].cells[1];
    assert_eq!((first.text.as_str(), first.differs), ("0", true));
    // Actuals alone differ from nothing, and say whose they are where that is known.
    let person = actual.person.clone();
    let alone = Document::MonthActual(actual);
    let mut names = Names::default();
    names.add_person(&person, "例田　花子");
    let alone = forms::of(&alone, &[], Recipient::ReportedTo("1379905001".parse().unwrap()), &names);
    let Block::Table(calendar) = &alone[0].blocks[1] else { panic!("no calendar") };
    assert!(
        calendar.groups.len() > 1
            && !calendar.groups.iter().flatten().flat_map(|row| &row.cells).any(|cell| cell.differs)
    );
    assert!(alone[0].texts().contains(&"例田　花子　様"));
    let without = forms::of(&month, &[], Recipient::Planner, &Names::default());
    let Block::Table(calendar) = &without[0].blocks[1] else { panic!("no calendar") };
    let first = &calendar.groups[0][1].cells[1];
    assert_eq!((first.text.as_str(), first.differs), ("", false));
}

fn is_hers_too(of: &Difference, other: &Difference) -> bool {
    (of.kind, of.month, &of.insured_number) == (other.kind, other.month, &other.insured_number)
}

#[test]
fn every_difference_is_told_with_sign_and_words() {
    let ledger = samples::ledger();
    let result = Reconciliation::of_ledgers(&ledger, &ledger);
    let names = Names::of(ledger.documents().map(|held| held.document));
    let count = |sheets: &[Sheet], word: &str| {
        sheets.iter().flat_map(Sheet::texts).filter(|text| text.split('\n').next() == Some(word)).count()
    };
    let (people, offices) = (reconciliation::by_person(&result, &names), reconciliation::by_office(&result, &names));
    for (kind, word) in [
        (DifferenceKind::Missing, "予定にあり実績がない"),
        (DifferenceKind::Extra, "予定になく実績がある"),
        (DifferenceKind::TimeChanged, "時間が異なる"),
        (DifferenceKind::CodeChanged, "サービスコードが異なる"),
        (DifferenceKind::CountChanged, "回数が異なる"),
        (DifferenceKind::UserMissing, "利用者の実績がない"),
        (DifferenceKind::UserExtra, "予定のない利用者の実績"),
    ] {
        let expected = result.summary.differences_by_kind.get(&kind).copied().unwrap_or_default();
        assert!(expected > 0, "{kind} does not occur");
        assert_eq!(count(&people, word), expected, "{kind} per person");
        assert_eq!(count(&offices, word), expected, "{kind} per office");
    }
    // Nothing is called equal that was not compared.
    for sheet in reconciliation::by_office(&result, &names) {
        let texts = sheet.texts();
        let office = texts.windows(2).find(|pair| pair[0] == "事業所番号").unwrap()[1];
        let mine = || {
            result.offices.iter().filter(|of| {
                of.office.is_some_and(|number| number.to_string() == office)
                    && era::month_of_service(of.month) == sheet.subtitle
            })
        };
        let says = |words: &str| texts.iter().any(|text| text.starts_with(words));
        assert_eq!(
            says("実績がまだ届いていないため、照合していません"),
            mine().any(|of| !of.actuals_expected),
            "{office}"
        );
        assert!(mine().any(|of| 0 < of.actual_rows) || !says("予定と実績に違いはありません"), "{office}");
    }
    let list = reconciliation::telephone(&result, &names);
    let boxes = list.texts().into_iter().filter(|text| *text == "□").count();
    assert!(!result.insurer_mismatches.is_empty());
    assert_eq!(boxes, result.differences.len() + result.pending.len() + result.insurer_mismatches.len());
    // Each row of a person says what it is listed for: it may stand first on a page.
    let is_long = |of: &&Difference| {
        of.kind == DifferenceKind::UserMissing && of.rows.as_ref().is_some_and(|rows| 12 <= rows.len())
    };
    let long = result.differences.iter().find(is_long).unwrap();
    let is_hers = |sheet: &&Sheet| {
        sheet.subtitle == era::month_of_service(long.month) && sheet.texts().contains(&&*long.insured_number)
    };
    let hers: Vec<Sheet> = people.iter().filter(is_hers).cloned().collect();
    let rows: usize = result
        .differences
        .iter()
        .filter(|of| is_hers_too(of, long))
        .map(|of| of.rows.as_ref().map_or(0, Vec::len))
        .sum();
    assert_eq!(count(&hers, "内訳（利用者の実績がない）"), rows);
    // Each entry stands below its office, on a terminal too.
    let shown = text(&list, 80);
    let offices: HashSet<OfficeNumber> = result.differences.iter().map(|difference| difference.office).collect();
    for office in offices {
        let title = format!("〔{}〕", names.office_in_full(office).replace('\n', "　"));
        assert_eq!(shown.matches(&title).count(), 1, "{title}");
    }
    let nothing = reconciliation::telephone(&Reconciliation::default(), &names);
    assert!(nothing.texts().contains(&"電話で確かめることはありません。"));
}

/// The newest plan of each person and month, with the actuals held.
fn months(ledger: &Ledger) -> Vec<(&MonthPlan, Vec<&MonthActual>)> {
    let mut held: Vec<_> = ledger.documents().collect();
    held.sort_by_key(|held| std::cmp::Reverse(held.serial));
    let mut seen = HashSet::new();
    let plans = held.iter().filter_map(|held| match held.document {
        Document::MonthPlan(plan) => seen.insert(held.document.key()).then_some(plan),
        _ => None,
    });
    let months = plans.map(|plan| {
        let actuals = held.iter().filter_map(|held| match held.document {
            Document::MonthActual(actual) => {
                (actual.month == plan.month && actual.person.insured == plan.person.insured).then_some(actual)
            }
            _ => None,
        });
        (plan, actuals.collect())
    });
    months.collect()
}

#[test]
fn all_rows_stand_side_by_side() {
    let ledger = samples::ledger();
    let result = Reconciliation::of_ledgers(&ledger, &ledger);
    let names = Names::default();
    let mut counts: HashMap<String, usize> = HashMap::new();
    for (plan, actuals) in months(&ledger) {
        let month = forms::Month { plan: Some(plan), actuals: &actuals };
        let sheet = reconciliation::by_row(&result, &month, &names).unwrap();
        let Block::Table(table) = &sheet.blocks[1] else { panic!("no table") };
        for row in table.groups.iter().flatten().filter(|row| !row.strong) {
            let words = &row.cells[row.cells.len() - 1].text;
            *counts.entry(words.clone()).or_default() += 1;
            let is_signed = ["＋", "－", "≠", "＝", "？"].contains(&row.cells[row.cells.len() - 3].text.as_str());
            assert!(is_signed && !words.is_empty());
        }
    }
    assert_eq!(counts["一致"], result.summary.equal_rows);
    assert_eq!(counts["予定にあり実績がない"], result.summary.differences_by_kind[&DifferenceKind::Missing]);
    let missing = result.differences.iter().filter(|difference| difference.kind == DifferenceKind::UserMissing);
    let missing: usize = missing.map(|difference| difference.rows.as_ref().map_or(0, Vec::len)).sum();
    assert_eq!(counts["利用者の実績がない"], missing);
    assert_eq!(counts["実績未着"], result.pending.iter().map(|pending| pending.planned.rows).sum::<usize>());
    assert!(!counts.contains_key("照合の対象外"), "{counts:?}");
}

#[test]
fn rows_tell_nothing_of_another_person_with_the_same_number() {
    let ledger = samples::ledger();
    let mut result = Reconciliation::of_ledgers(&ledger, &ledger);
    let (plan, actuals) = months(&ledger)
        .into_iter()
        .find(|(plan, _)| {
            result.differences.iter().any(|of| of.insured_number == plan.person.insured && of.month == plan.month)
        })
        .unwrap();
    let month = forms::Month { plan: Some(plan), actuals: &actuals };
    let sheet = reconciliation::by_row(&result, &month, &Names::default());
    let is_hers = |of: &&Difference| of.insured_number == plan.person.insured && of.month == plan.month;
    let mut other = result.differences.iter().find(is_hers).unwrap().clone();
    other.insurer_number = "999999".into();
    result.differences.push(other);
    assert_eq!(reconciliation::by_row(&result, &month, &Names::default()), sheet);
}

#[test]
fn a_new_version_tells_what_came_and_went_and_names_what_has_a_name() {
    let (old, _) = extreme::month(2);
    let Document::MonthPlan(mut plan) = old.clone() else { panic!("no plan") };
    let office = plan.rows[0].office.unwrap();
    let number = office.to_string();
    let last = plan.rows.len() - 1;
    let (gone, came) = (plan.rows.remove(0), &mut plan.rows[last - 1]);
    (came.code, came.count, came.units) = ("116275".parse().ok(), Some(1), Some(1250));
    (came.start, came.end) = ("0555".parse().unwrap(), "0625".parse().unwrap());
    let new = Document::MonthPlan(plan);
    let mut names = Names::default();
    names.add_office(office, "見本の事業所");
    let mut changes = diff(&old, &new);
    let benefit = |code: &str, number: &str| {
        let mut record = Record::new(FileKind::UpSikyu).unwrap();
        record.set("service_code", Some(Value::Code(code.into())));
        record.set("service_office_number", Some(Value::Code(number.into())));
        let told = record.iter().filter_map(|(field, value)| Some((field, value?.clone())));
        Change { place: Place::Row { table: FileKind::UpSikyu, name: told.collect() }, what: What::Removed }
    };
    changes.extend([benefit("999999", "9999999999"), benefit("11AAAA", &number), benefit("112345", &number)]);
    let sheets = difference::sheets(&samples::versions(Some(&old), Some(&new)), &changes, &names);
    let texts = sheets[0].texts();
    assert!(texts.contains(&"追加されました\n1回　1,250単位"), "{texts:?}");
    let of_gone = [(gone.count, "回"), (gone.units, "単位")];
    let of_gone = of_gone.map(|(of, word)| careplan_forms::show::number(of.unwrap().into()) + word).join("　");
    assert!(texts.contains(&of_gone.as_str()), "{of_gone}: {texts:?}");
    assert!(texts.iter().any(|text| text.contains(&format!("見本の事業所\n{number}"))));
    assert!(texts.contains(&"第７表\n全事業所の合計"));
    for code in ["訪問介護小計（区分支給対象）(11AAAA)", "訪問介護(112345)"] {
        let told = |text: &&str| text.contains(code) && text.contains(&format!("見本の事業所　{number}"));
        assert!(texts.iter().any(told), "{code}");
    }
    // Without a name nobody is addressed by a number.
    assert!(texts.contains(&"（氏名不明）"));
}

#[test]
fn a_new_version_tells_each_change() {
    let documents = samples::documents();
    let names = Names::of(&documents);
    let mut signs = HashMap::new();
    for (old, new) in version_pairs(&documents) {
        let changes = diff(old, new);
        let sheets = difference::sheets(&samples::versions(Some(old), Some(new)), &changes, &names);
        let Some(Block::Table(table)) = sheets[0].blocks.iter().find(|block| matches!(block, Block::Table(_))) else {
            assert!(changes.is_empty());
            continue;
        };
        assert_eq!(table.groups.len(), changes.len());
        for row in table.groups.iter().flatten() {
            *signs.entry(row.cells[0].text.clone()).or_insert(0) += 1;
            assert!(!row.cells[1].text.is_empty() && !row.cells[2].text.is_empty());
        }
    }
    for sign in ["＋", "－", "≠"] {
        assert!(signs.contains_key(sign), "{sign}: {signs:?}");
    }
}
