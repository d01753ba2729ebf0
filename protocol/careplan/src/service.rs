//! Service kinds: long-term care, preventive care and the offices that plan them.

use std::sync::LazyLock;

use crate::ids::ServiceKind;

/// What a service kind is, and which benefit it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Service {
    /// The standard's name.
    pub(crate) name_ja: &'static str,
    /// Preventive benefit (予防給付) or municipal services (総合事業).
    pub(crate) preventive: bool,
    /// Plans care and does not give it (43, 46, AF).
    pub(crate) planner: bool,
}

static SERVICES: LazyLock<Vec<(ServiceKind, Service)>> =
    LazyLock::new(|| include_str!("../codes/service_kinds.csv").lines().skip(1).filter_map(service).collect());

/// Looks a service kind up, `None` if the standard does not list it.
pub(crate) fn service_of(kind: ServiceKind) -> Option<Service> {
    SERVICES.iter().find(|(known, _)| *known == kind).map(|(_, service)| *service)
}

fn service(line: &'static str) -> Option<(ServiceKind, Service)> {
    let mut cells = line.split(',');
    let kind = cells.next()?.parse().ok()?;
    let name_ja = cells.next()?;
    let scheme = cells.next()?;
    let preventive = scheme.starts_with("予防給付") || scheme.starts_with("総合事業");
    Some((kind, Service { name_ja, preventive, planner: scheme.ends_with("（支援）") }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_read() {
        assert_eq!(SERVICES.len(), include_str!("../codes/service_kinds.csv").lines().count() - 1);
        let of = |kind: &str| service_of(kind.parse().unwrap());
        assert_eq!(of("11"), Some(Service { name_ja: "訪問介護", preventive: false, planner: false }));
        assert_eq!(of("43"), Some(Service { name_ja: "居宅介護支援", preventive: false, planner: true }));
        assert_eq!(of("46"), Some(Service { name_ja: "介護予防支援", preventive: true, planner: true }));
        assert_eq!(of("A2"), Some(Service { name_ja: "訪問型サービス（独自）", preventive: true, planner: false }));
        assert_eq!(
            of("2B"),
            Some(Service {
                name_ja: "介護予防短期入所療養介護（介護医療院）", preventive: true, planner: false
            })
        );
        assert_eq!(of("ZZ"), None);
    }
}
