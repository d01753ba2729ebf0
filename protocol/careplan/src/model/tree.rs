//! Rows that hang on each other by their numbers, as trees: needs with goals and supports, issues with their plans.
//!
//! A need or goal is written out on its first row and may be empty or repeated below. Here it is filled in; the rows
//! themselves stay as they are. `Debug` of these prints no text.

use std::fmt;

use super::{CarePlan, SupportPlan};
use crate::record::Record;

/// A need (生活全般の解決すべき課題) of table 2.
#[derive(Clone)]
pub struct Need<'a> {
    /// Its number (課題ＮＯ).
    pub number: Option<i64>,
    /// What it says.
    pub text: &'a str,
    /// Its goals.
    pub goals: Vec<Goal<'a>>,
}

/// A goal of table 2: a short-term goal with the long-term one that it serves.
#[derive(Clone)]
pub struct Goal<'a> {
    /// Its number (援助目標ＮＯ). Goals of one number have the long-term goal in common.
    pub number: Option<i64>,
    /// The long-term goal.
    pub long_term: &'a str,
    /// Its period.
    pub long_term_period: &'a str,
    /// The short-term goal.
    pub short_term: &'a str,
    /// Its period.
    pub short_term_period: &'a str,
    /// What is done for it: the rows as they stand.
    pub supports: Vec<&'a Record>,
}

/// An issue (総合的課題) of a preventive plan.
#[derive(Clone)]
pub struct Issue<'a> {
    /// Its number (課題ＮＯ).
    pub number: Option<i64>,
    /// What it says.
    pub text: &'a str,
    /// Proposed goals and measures.
    pub proposal: &'a str,
    /// What the person and the family say to them.
    pub intention: &'a str,
    /// The goal.
    pub goal: &'a str,
    /// The plans of support.
    pub plans: Vec<Support<'a>>,
}

/// A plan of support (支援計画) of a preventive plan.
#[derive(Clone)]
pub struct Support<'a> {
    /// Its number (支援計画ＮＯ).
    pub number: Option<i64>,
    /// Points to mind.
    pub points: &'a str,
    /// What the person, the family and others do.
    pub self_care: &'a str,
    /// What insurance or municipality give.
    pub insured_service: &'a str,
    /// The services: the rows as they stand.
    pub services: Vec<&'a Record>,
}

impl CarePlan {
    /// Returns table 2 as needs with their goals.
    ///
    /// Rows are grouped by number, and a row without one goes with the row before. The number of a goal changes
    /// with the long-term goal only, so a new text begins a new need or goal too: no text is lost.
    #[must_use]
    pub fn needs(&self) -> Vec<Need<'_>> {
        let mut needs: Vec<Need<'_>> = Vec::new();
        for row in &self.table2 {
            let (number, text) = (row.number("need_no"), row.text("need"));
            if needs.last().is_none_or(|need| is_new(need.number, number) || is_other(need.text, text)) {
                needs.push(Need { number, text: "", goals: Vec::new() });
            }
            if let Some(need) = needs.last_mut() {
                fill(&mut need.text, text);
                need.add(row);
            }
        }
        needs
    }
}

impl<'a> Need<'a> {
    fn add(&mut self, row: &'a Record) {
        let number = row.number("goal_no");
        let (long_term, short_term) = (row.text("long_term_goal"), row.text("short_term_goal"));
        let (long_term_period, short_term_period) = (row.text("long_term_period"), row.text("short_term_period"));
        let before = self.goals.last();
        let other_number = before.is_none_or(|goal| is_new(goal.number, number));
        let other_long = other_number || before.is_some_and(|goal| is_other(goal.long_term, long_term));
        if other_long || before.is_some_and(|goal| is_other(goal.short_term, short_term)) {
            let inherited = before.filter(|_| !other_long).map(|goal| (goal.long_term, goal.long_term_period));
            let (long_term, long_term_period) = inherited.unwrap_or_default();
            let number = number.or(before.and_then(|goal| goal.number));
            let (short_term, short_term_period) = ("", "");
            self.goals.push(Goal {
                number,
                long_term,
                long_term_period,
                short_term,
                short_term_period,
                supports: Vec::new(),
            });
        }
        if let Some(goal) = self.goals.last_mut() {
            fill(&mut goal.long_term, long_term);
            fill(&mut goal.long_term_period, long_term_period);
            fill(&mut goal.short_term, short_term);
            fill(&mut goal.short_term_period, short_term_period);
            goal.supports.push(row);
        }
    }
}

impl SupportPlan {
    /// Returns the rows as issues with their plans of support, grouped and filled in as [`CarePlan::needs`] does.
    #[must_use]
    pub fn issues(&self) -> Vec<Issue<'_>> {
        let mut issues: Vec<Issue<'_>> = Vec::new();
        for row in &self.rows {
            let (number, text) = (row.number("need_no"), row.text("overall_issue"));
            if issues.last().is_none_or(|issue| is_new(issue.number, number) || is_other(issue.text, text)) {
                let empty = "";
                issues.push(Issue {
                    number,
                    text: empty,
                    proposal: empty,
                    intention: empty,
                    goal: empty,
                    plans: Vec::new(),
                });
            }
            if let Some(issue) = issues.last_mut() {
                fill(&mut issue.text, text);
                fill(&mut issue.proposal, row.text("goal_and_measure_proposal"));
                fill(&mut issue.intention, row.text("intention_on_measures"));
                fill(&mut issue.goal, row.text("goal"));
                issue.add(row);
            }
        }
        issues
    }
}

impl<'a> Issue<'a> {
    fn add(&mut self, row: &'a Record) {
        let (number, points) = (row.number("support_plan_no"), row.text("support_points"));
        if self.plans.last().is_none_or(|plan| is_new(plan.number, number) || is_other(plan.points, points)) {
            self.plans.push(Support { number, points: "", self_care: "", insured_service: "", services: Vec::new() });
        }
        if let Some(plan) = self.plans.last_mut() {
            fill(&mut plan.points, points);
            fill(&mut plan.self_care, row.text("self_care_and_informal"));
            fill(&mut plan.insured_service, row.text("insured_or_municipal_service"));
            plan.services.push(row);
        }
    }
}

/// Tells whether a number begins a new group; none continues the one before.
fn is_new(before: Option<i64>, number: Option<i64>) -> bool {
    number.is_some() && number != before
}

/// Tells whether a text says something else than the group it stands in.
fn is_other(before: &str, text: &str) -> bool {
    !text.is_empty() && !before.is_empty() && text != before
}

fn fill<'a>(into: &mut &'a str, text: &'a str) {
    if into.is_empty() {
        *into = text;
    }
}

impl fmt::Debug for Need<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Need({:?}, {:?})", self.number, self.goals)
    }
}

impl fmt::Debug for Goal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Goal({:?}, {} rows)", self.number, self.supports.len())
    }
}

impl fmt::Debug for Issue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Issue({:?}, {:?})", self.number, self.plans)
    }
}

impl fmt::Debug for Support<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Support({:?}, {} rows)", self.number, self.services.len())
    }
}
