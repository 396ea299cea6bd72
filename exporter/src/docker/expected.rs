//! The watch list: containers that are expected to run, whether they are there or not. The key `docker.watch`.

use std::collections::BTreeMap;

use seamark_kit::config::Section;

use super::container::{COMPOSE_PROJECT, COMPOSE_SERVICE, Identity};
use super::rules::matches;

/// One line of the watch list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    wanted: Wanted,
    /// It is expected to have a health check, too.
    pub check_health: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Wanted {
    /// A name or a glob.
    Name(String),
    /// Globs of a Compose project and of a service of it.
    Service(String, String),
}

/// Reads the list `watch` of the section `docker`.
pub fn read(docker: &mut Section) -> Vec<Expected> {
    docker.items("watch").into_iter().filter_map(|mut item| read_one(&mut item)).collect()
}

fn read_one(item: &mut Section) -> Option<Expected> {
    let plain = item.scalar().map(str::to_owned);
    let (name, service) = (item.text("name").or(plain), item.text("service"));
    let check_health = item.flag("check_health").unwrap_or_default();
    let wanted = match (name, service) {
        (Some(name), None) if !name.is_empty() => Wanted::Name(name.trim_start_matches('/').to_owned()),
        (None, Some(service)) if !service.is_empty() => {
            let Some((project, service)) = service.split_once('/') else {
                let advice = format!("`*/{service}` for that service of any project");
                item.problem("service", format!("expected `project/service`, found `{service}`; write {advice}"));
                return None;
            };
            Wanted::Service(project.to_owned(), service.to_owned())
        }
        (Some(_), Some(_)) => {
            item.problem("service", "both `name` and `service` are given; make two entries of them");
            return None;
        }
        _ => {
            item.problem("", "expected `name: NAME` or `service: PROJECT/SERVICE`; both may hold `*` and `?`");
            return None;
        }
    };
    Some(Expected { wanted, check_health })
}

impl Expected {
    /// The containers of this name or glob.
    pub fn named(name: &str) -> Self {
        Self { wanted: Wanted::Name(name.to_owned()), check_health: false }
    }

    /// What stands in the place of a name while there is no such container.
    fn text(&self) -> String {
        match &self.wanted {
            Wanted::Name(glob) => glob.clone(),
            Wanted::Service(project, service) => format!("{project}/{service}"),
        }
    }

    /// Whether this container is one of those.
    pub fn covers(&self, container: &Identity) -> bool {
        match &self.wanted {
            Wanted::Name(glob) => matches(glob, &container.name),
            Wanted::Service(project, service) => {
                !container.label(COMPOSE_SERVICE).is_empty()
                    && !container.is_one_off()
                    && matches(project, container.label(COMPOSE_PROJECT))
                    && matches(service, container.label(COMPOSE_SERVICE))
            }
        }
    }
}

/// The names that are expected, each with whether its health is. An entry that covers no container stands for itself.
pub fn names(list: &[Expected], containers: &[&Identity]) -> BTreeMap<String, bool> {
    let mut names = BTreeMap::new();
    for entry in list {
        let mut covered: Vec<String> =
            containers.iter().filter(|each| entry.covers(each)).map(|each| each.name.clone()).collect();
        if covered.is_empty() {
            covered.push(entry.text());
        }
        for name in covered {
            *names.entry(name).or_default() |= entry.check_health;
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use seamark_kit::config::{self, Problems, Source};

    use super::*;

    fn list(text: &str) -> Result<Vec<Expected>, Problems> {
        config::read(&Source::new("exporter.yml", text), |root| read(&mut root.section("docker")))
    }

    fn container(name: &str, labels: &[(&str, &str)]) -> Identity {
        let labels = labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Identity { name: name.to_owned(), labels, ..Identity::default() }
    }

    #[test]
    fn names_globs_and_services_are_expected_and_what_covers_nothing_stands_for_itself() {
        let list = list(
            "docker:\n  watch:\n    - {name: nginx, check_health: true}\n    - {service: \"shop/*\"}\n    - {name: 'db-?'}\n    \
             - nginx\n    - {service: 'gone/web', check_health: true}\n",
        )
        .unwrap();
        let service = |service| [(COMPOSE_PROJECT, "shop"), (COMPOSE_SERVICE, service)];
        let one_off = [service("web").as_slice(), &[("com.docker.compose.oneoff", "True")]].concat();
        let containers = [
            container("db-1", &[]),
            container("db-12", &[]),
            container("shop-web-1", &service("web")),
            container("shop-web-run-9", &one_off),
            container("other", &[]),
        ];
        let expected = [("db-1", false), ("gone/web", true), ("nginx", true), ("shop-web-1", false)];
        assert_eq!(
            names(&list, &containers.iter().collect::<Vec<_>>()),
            expected.map(|(name, health)| (name.to_owned(), health)).into()
        );
        assert_eq!(names(&list, &[]).len(), 4, "all of them while there is no container");
    }

    #[test]
    fn what_is_wrong_with_the_list_is_told_with_its_place() {
        let problems = list(
            "docker:\n  watch:\n    - {name: a, service: b/c}\n    - {service: web}\n    - {check_health: true}\n    \
             - {nam: a}\n    - {name: b, check_health: yes!}\n",
        )
        .unwrap_err()
        .to_string();
        let lines: Vec<_> = problems.lines().collect();
        let expected = [
            "exporter.yml:3:26: docker.watch[0].service: both `name` and `service` are given; make two entries of them",
            "exporter.yml:4:17: docker.watch[1].service: expected `project/service`, found `web`; write `*/web` for \
             that service of any project",
            "exporter.yml:5:7: docker.watch[2]: expected `name: NAME` or `service: PROJECT/SERVICE`; both may hold `*` \
             and `?`",
        ];
        assert_eq!(lines[..3], expected, "{problems}");
        assert!(
            problems.contains("exporter.yml:6:8: docker.watch[3]: unknown key `nam`; did you mean `name`?"),
            "{problems}"
        );
        assert!(problems.contains("exporter.yml:7:31: docker.watch[4].check_health"), "{problems}");
    }
}
