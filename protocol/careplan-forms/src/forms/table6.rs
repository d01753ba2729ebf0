//! Table 6: the month (サービス利用票, サービス提供票): plan and actuals of each service, day by day.
//!
//! Rows of the files that say the same but for their day stand in one line of the calendar: time, service, equipment,
//! office and satellite. Actuals stand under what was planned alike; others have a line of their own, so that nothing is
//! paired here that a reconciliation would not pair as the same.

use careplan::{MonthActual, MonthPlan, Person, ServiceRow};

use super::{Names, Recipient, parts};
use crate::{
    era,
    sheet::{Block, Field, Line, Orientation, Sheet},
    show,
};

mod calendar;

/// A month of a person: what is planned, what was done, or both.
#[derive(Clone, Copy, Debug)]
pub struct Month<'a> {
    /// The plan.
    pub plan: Option<&'a MonthPlan>,
    /// The actuals; of the plan's month, if there is a plan. Those of other months are passed over. Persons are not
    /// compared, for plan and actuals may name another insurer.
    pub actuals: &'a [&'a MonthActual],
}

/// Arranges the form; none without a document, and none for an office without a row in it.
#[must_use]
pub fn sheets(month: &Month<'_>, recipient: Recipient, names: &Names) -> Vec<Sheet> {
    let Some((person, of)) = month.head() else { return Vec::new() };
    let rows = || month.plan.into_iter().flat_map(|plan| &plan.rows);
    let rows = || rows().chain(month.actuals(of).flat_map(|actual| &actual.rows));
    // An office for which nothing is planned or done has no part in this person's care.
    if matches!(recipient, Recipient::Office(_)) && !rows().any(|row| recipient.sees(row.office)) {
        return Vec::new();
    }
    let title = match recipient {
        Recipient::Office(_) => "サービス提供票",
        _ if month.plan.is_none() => "サービス提供票（実績）",
        _ => "サービス利用票（兼居宅サービス計画）",
    };
    let mut sheet = parts::sheet(title, "第６表", Orientation::Landscape);
    sheet.subtitle = era::month_of_service(of);
    sheet.foot = recipient.foot(names);
    sheet.blocks = vec![
        Block::Fields(fields(month, person, of, recipient, names)),
        Block::Table(calendar::table(month, of, recipient, names)),
    ];
    if recipient == Recipient::User {
        sheet.blocks.push(Block::Signature(vec!["利用者確認".to_owned(), "確認日".to_owned()]));
    }
    vec![sheet]
}

impl Month<'_> {
    /// Returns whose month it is, and which.
    pub(crate) fn head(&self) -> Option<(&Person, careplan::Month)> {
        match (self.plan, self.actuals.first()) {
            (Some(plan), _) => Some((&plan.person, plan.month)),
            (None, Some(actual)) => Some((&actual.person, actual.month)),
            (None, None) => None,
        }
    }

    /// Returns the actuals of the month.
    pub(crate) fn actuals(&self, of: careplan::Month) -> impl Iterator<Item = &MonthActual> + Clone {
        self.actuals.iter().copied().filter(move |actual| actual.month == of)
    }
}

/// What plan and actuals tell: once, if both say the same; else each with its name.
fn told(sides: [(&str, Vec<String>); 2]) -> String {
    let all: Vec<&String> = sides.iter().flat_map(|(_, values)| values).filter(|value| !value.is_empty()).collect();
    let is_same = all.windows(2).all(|pair| pair[0] == pair[1]);
    let labelled = |(side, values): &(&str, Vec<String>)| {
        values.iter().map(|value| if is_same { value.clone() } else { show::labelled(side, value) }).collect::<Vec<_>>()
    };
    show::distinct(sides.iter().flat_map(labelled))
}

fn fields(month: &Month<'_>, person: &Person, of: careplan::Month, recipient: Recipient, names: &Names) -> Vec<Line> {
    let supplement = month.plan.and_then(|plan| plan.supplement.as_ref());
    let column = |name| supplement.map(|record| show::column(record, name)).unwrap_or_default();
    let with_unit = |name, unit| supplement.map(|record| show::with_unit(record, name, unit)).unwrap_or_default();
    let planned = || month.plan.into_iter().flat_map(|plan| &plan.rows);
    // An office's copy tells nothing of what others sent.
    let actuals = || month.actuals(of).filter(|actual| recipient.sees(Some(actual.office)));
    let rows = || planned().chain(actuals().flat_map(|actual| &actual.rows));
    let days_of = |row: &ServiceRow| row.short_stay_days_before.map(|days| show::number(days.into()) + "日");
    let sides = [
        (
            "予定",
            [with_unit("short_stay_days_to_previous_month", "日")]
                .into_iter()
                .chain(planned().filter_map(days_of))
                .collect(),
        ),
        ("実績", actuals().flat_map(|actual| &actual.rows).filter_map(days_of).collect()),
    ];
    let days = told(sides);
    let created = |date: Option<careplan::Date>| date.map(era::date).unwrap_or_default();
    let made = show::distinct(planned().map(|row| created(row.created_on)));
    let done = show::distinct(actuals().flat_map(|actual| &actual.rows).map(|row| created(row.created_on)));
    let done_label = if done.contains('\n') { "実績作成日（事業所別）" } else { "実績作成日" };
    let status = supplement.map(|record| show::choice(record, "certification_status")).unwrap_or_default();
    let limits = supplement.map(|record| show::period(record, "limit_from", "limit_to")).unwrap_or_default();
    // While a new level is asked for within the period, the form names both.
    let (level, changed_level) = match column("previous_care_level") {
        previous if previous.is_empty() => (column("care_level"), String::new()),
        previous => (previous, column("care_level")),
    };
    let planners = rows().filter_map(|row| row.cm_office);
    let planner = show::distinct(planners.map(|office| names.office_in_full(office)));
    let manager = show::distinct(rows().map(|row| row.care_manager.as_deref().map(show::text).unwrap_or_default()));
    // The office may have put in the insurer that pays for one who moved to a home (住所地特例).
    let others = actuals().map(|actual| &actual.person.insurer).filter(|insurer| **insurer != person.insurer);
    let insurers =
        show::distinct([person.insurer.to_string()].into_iter().chain(others.map(|other| format!("実績：{other}"))));
    let name = match parts::name(supplement, "　様") {
        // Actuals come without a supplement.
        none if none.is_empty() => {
            names.find(&person.insurer, &person.insured).map(|name| format!("{name}　様")).unwrap_or_default()
        }
        name => name,
    };
    let birth = parts::birth(supplement, careplan::Date::new(of.year(), of.month(), 1));
    vec![
        vec![
            Field::new("認定状況", status, 14),
            Field::new("保険者番号", insurers, 11),
            Field::new("被保険者番号", person.insured.to_string(), 13),
            Field::new("作成年月日", made, 12),
            Field::new(done_label, done, 10),
        ],
        vec![
            Field::new("被保険者氏名", name, 17),
            Field::new("生年月日", birth, 16),
            Field::new("性別", column("sex"), 6),
            Field::new("居宅介護支援事業者", planner, 21),
        ],
        vec![
            Field::new("要介護状態区分", level, 14),
            Field::new("変更後要介護状態区分", changed_level, 16),
            Field::new("変更日", column("care_level_changed_on"), 12),
            Field::new("担当者名", manager, 18),
        ],
        vec![
            Field::new("区分支給限度基準額", with_unit("category_limit_units", "単位／月"), 18),
            Field::new("限度額適用期間", limits, 27),
            Field::new("前月までの短期入所利用日数", days, 15),
        ],
    ]
}
