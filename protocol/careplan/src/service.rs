//! Service kinds: long-term care, preventive care and the offices that plan them.

use std::sync::LazyLock;

use crate::ids::ServiceKind;

/// Which benefit a service kind belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Service {
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

fn service(line: &str) -> Option<(ServiceKind, Service)> {
    let mut cells = line.split(',');
    let kind = cells.next()?.parse().ok()?;
    let scheme = cells.nth(1)?;
    let preventive = scheme.starts_with("予防給付") || scheme.starts_with("総合事業");
    Some((kind, Service { preventive, planner: scheme.ends_with("（支援）") }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_read() {
        assert_eq!(SERVICES.len(), include_str!("../codes/service_kinds.csv").lines().count() - 1);
        let of = |kind: &str| service_of(kind.parse().unwrap());
        assert_eq!(of("11"), Some(Service { preventive: false, planner: false }));
        assert_eq!(of("43"), Some(Service { preventive: false, planner: true }));
        assert_eq!(of("46"), Some(Service { preventive: true, planner: true }));
        assert_eq!(of("A2"), Some(Service { preventive: true, planner: false }));
        assert_eq!(of("2B"), Some(Service { preventive: true, planner: false }));
        assert_eq!(of("ZZ"), None);
    }
}
