//! The directories of containers over time: found, not found, lost, found again.

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use serde_json::json;

use super::*;
use crate::docker::answer;
use crate::docker::lifecycle::Input;
use crate::docker::oom::OomKills;
use crate::docker::rules::Rules;

struct Host {
    directory: tempfile::TempDir,
    cgroups: Cgroups,
    start: Instant,
}

fn id(digit: char) -> String {
    digit.to_string().repeat(64)
}

impl Host {
    /// A host with cgroup v2 and containers of these digits.
    fn with(containers: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        fs::create_dir_all(root.join("fs/cgroup")).unwrap();
        fs::write(root.join("fs/cgroup/cgroup.controllers"), "memory\n").unwrap();
        let host = HostRoot::new(root.join("proc"), root, root, root);
        let cgroups = Cgroups::new(host, Arc::new(Inventory::new()));
        let host = Self { directory, cgroups, start: Instant::now() };
        containers.chars().for_each(|digit| host.run(digit, 0));
        host
    }

    fn run(&self, digit: char, started: i64) {
        let started = Timestamp::from_second(started).unwrap().to_string();
        let state = json!({"Status": "running", "StartedAt": started, "Pid": digit as u32});
        let inspection =
            answer::inspection(&json!({"Id": id(digit), "Name": digit.to_string(), "State": state})).unwrap();
        let input = Input::Inspected(Box::new(inspection), 0);
        let mut kills = OomKills::new(Box::new(|| None));
        self.cgroups.inventory().step(&input, Timestamp::UNIX_EPOCH, &Rules::default(), &mut kills);
    }

    fn make(&self, parent: &str, name: &str) {
        let directory = self.path(parent).join(name);
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join("memory.current"), "1\n").unwrap();
    }

    fn path(&self, directory: &str) -> std::path::PathBuf {
        self.directory.path().join("fs/cgroup").join(directory)
    }

    /// The directories that are known after so many milliseconds.
    fn found(&self, after: u64) -> Vec<String> {
        let places = self.cgroups.places(self.start + Duration::from_millis(after));
        let directory = |place: &Arc<Place>| place.directory(Controller::Memory).unwrap().to_owned();
        let parent = |path: String| Path::new(&path).parent().unwrap().to_str().unwrap().replace("fs/cgroup", "");
        places.iter().map(|place| format!("{} {}", place.running().name, parent(directory(place)))).collect()
    }

    fn read(&self, after: u64) -> Option<u64> {
        let places = self.cgroups.places(self.start + Duration::from_millis(after));
        let mut reader = Reader::new(self.cgroups.host());
        let value = reader.read(places.first()?, Controller::Memory, "memory.current", crate::text::number);
        reader.faults.finish().unwrap();
        value
    }

    fn searched(&self) -> usize {
        self.cgroups.state.lock().unwrap().finder.searched
    }
}

#[test]
fn one_search_is_for_all_that_are_missing_and_what_it_learns_saves_the_next() {
    let host = Host::with("ab");
    host.make("custom.slice/deeper", &format!("docker-{}.scope", id('a')));
    host.make("docker", &id('b'));
    host.make("custom.slice/deeper", &format!("docker-{}.scope", id('c')));
    assert_eq!(host.found(0), ["a /custom.slice/deeper", "b /docker"]);
    // The root, its two children, `deeper`, and what stands in `docker`: no container's own directory.
    assert!((3..=5).contains(&host.searched()), "{}", host.searched());
    host.run('c', 0);
    assert_eq!(host.found(1), ["a /custom.slice/deeper", "b /docker", "c /custom.slice/deeper"]);
    assert_eq!(host.searched(), 0);
}

#[test]
fn one_that_cannot_be_found_is_looked_for_less_and_less_often() {
    let host = Host::with("a");
    assert!(host.found(0).is_empty());
    host.make("late.slice", &id('a'));
    assert!(host.found(999).is_empty(), "not at every scrape");
    assert_eq!(host.found(1000), ["a /late.slice"]);

    let host = Host::with("a");
    assert!(host.found(0).is_empty() && host.found(1000).is_empty());
    host.make("late.slice", &id('a'));
    assert!(host.found(10_999).is_empty());
    assert_eq!(host.found(11_000), ["a /late.slice"]);

    let host = Host::with("a");
    assert!(host.found(0).is_empty());
    host.make("late.slice", &id('a'));
    host.run('a', 7);
    assert_eq!(host.found(1), ["a /late.slice"], "at once when it was started again");
}

#[test]
fn a_directory_that_goes_away_and_comes_back_elsewhere_is_found_again() {
    let host = Host::with("a");
    host.make("docker", &id('a'));
    assert_eq!(host.read(0), Some(1));
    fs::remove_dir_all(host.path("docker")).unwrap();
    assert_eq!(host.read(1), None, "no error either");
    host.make("system.slice", &format!("docker-{}.scope", id('a')));
    assert_eq!(host.read(2000), Some(1));
    assert_eq!(host.found(2001), ["a /system.slice"]);
}

#[test]
fn a_file_that_this_kernel_does_not_have_does_not_lose_the_container() {
    let host = Host::with("a");
    host.make("docker", &id('a'));
    let places = host.cgroups.places(host.start);
    let mut reader = Reader::new(host.cgroups.host());
    let mut peak = || reader.read(&places[0], Controller::Memory, "memory.peak", crate::text::number);
    assert_eq!((peak(), peak()), (None, None));
    assert!(!places[0].is_lost());
    reader.faults.finish().unwrap();
}

#[test]
fn a_cgroup_that_leaves_the_list_leaves_the_places_and_an_entry_that_changed_is_made_anew() {
    let host = Host::with("ab");
    host.make("docker", &id('a'));
    host.make("docker", &id('b'));
    let before = host.cgroups.places(host.start);
    host.run('b', 5);
    let after = host.cgroups.places(host.start);
    assert!(Arc::ptr_eq(&before[0], &after[0]) && !Arc::ptr_eq(&before[1], &after[1]));
    assert_eq!(before[1].dirs(), after[1].dirs());
}
