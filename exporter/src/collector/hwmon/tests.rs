use std::fs::{self, File};
use std::path::PathBuf;

use seamark_kit::config::{self, Source};

use super::*;

/// A host whose sensors are plain files, and the collector over it.
struct Lab {
    directory: tempfile::TempDir,
    hwmon: Hwmon,
}

impl Lab {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let root = |name: &str| directory.path().join(name);
        let host = HostRoot::new(root("proc"), root("sys"), root("root"), root("udev"));
        let inputs = Inputs { host, inventory: Arc::default(), probes: Arc::default() };
        let source = Source::new("exporter.yml", "").with_environment([]);
        let hwmon = config::read(&source, |section| Hwmon::new(&inputs, section)).unwrap();
        Self { directory, hwmon }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join("sys/class/hwmon").join(name)
    }

    fn write(&self, name: &str, content: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Adds a file without a trace in the directory's stamp, as sysfs does.
    fn add_silently(&self, name: &str, content: &str) {
        let directory = self.path(name).parent().unwrap().to_owned();
        let modified = fs::metadata(&directory).unwrap().modified().unwrap();
        self.write(name, content);
        File::open(directory).unwrap().set_modified(modified).unwrap();
    }

    /// Every series with its value, and the complaint.
    fn told(&self) -> (Vec<String>, Option<String>) {
        let mut out = Exposition::default();
        let complaint = self.hwmon.collect(&mut out).err().map(|error| error.to_string());
        let mut told = Vec::new();
        for family in out.families() {
            for sample in &family.samples {
                let labels: Vec<_> = sample.labels.iter().map(|(_, value)| value.as_str()).collect();
                told.push(format!(
                    "{} {} {:?}",
                    family.name.replace("node_hwmon_", ""),
                    labels.join(" "),
                    sample.value
                ));
            }
        }
        (told, complaint)
    }
}

#[test]
fn a_chip_that_comes_goes_or_changes_is_seen_at_once() {
    let lab = Lab::new();
    lab.write("hwmon0/name", "a");
    lab.write("hwmon0/temp1_input", "1000");
    let first = || vec!["chip_names a a Integer(1)".to_owned(), "temp_celsius a temp1 Float(1.0)".to_owned()];
    for _ in 0..3 {
        assert_eq!(lab.told(), (first(), None));
    }

    lab.write("hwmon1/fan1_input", "7");
    let mut both = first();
    both.push("fan_rpm hwmon1 fan1 Float(7.0)".to_owned());
    for _ in 0..3 {
        assert_eq!(lab.told(), (both.clone(), None));
    }

    // Another device takes the number of one that went away.
    fs::remove_dir_all(lab.path("hwmon0")).unwrap();
    fs::rename(lab.path("hwmon1"), lab.path("hwmon0")).unwrap();
    assert_eq!(lab.told().0, ["fan_rpm hwmon0 fan1 Float(7.0)"]);

    lab.write("hwmon0/fan2_input", "8");
    assert_eq!(lab.told().0, ["fan_rpm hwmon0 fan1 Float(7.0)", "fan_rpm hwmon0 fan2 Float(8.0)"]);
}

#[test]
fn files_are_looked_for_until_they_were_the_same_twice_and_values_at_every_scrape() {
    let lab = Lab::new();
    lab.write("hwmon0/temp1_input", "1000");
    lab.told();
    lab.add_silently("hwmon0/temp2_input", "2000");
    let both = ["temp_celsius hwmon0 temp1 Float(1.0)", "temp_celsius hwmon0 temp2 Float(2.0)"];
    assert_eq!(lab.told().0, both);
    assert_eq!(lab.told().0, both);
    lab.add_silently("hwmon0/temp3_input", "3000");
    lab.add_silently("hwmon0/temp2_input", "2500");
    assert_eq!(lab.told().0, [both[0], "temp_celsius hwmon0 temp2 Float(2.5)"]);
}

#[test]
fn a_measured_value_that_is_no_number_is_a_fault_and_any_other_text_is_not() {
    let lab = Lab::new();
    lab.write("hwmon0/temp1_input", "hot");
    lab.write("hwmon0/temp2_input", "");
    lab.write("hwmon0/power1_model_number", "PSU-1");
    lab.write("hwmon0/temp3_input", "3000");
    let (told, complaint) = lab.told();
    assert_eq!(told, ["temp_celsius hwmon0 temp3 Float(3.0)"]);
    let complaint = complaint.unwrap().replace(lab.directory.path().to_str().unwrap(), "");
    assert_eq!(complaint, "/sys/class/hwmon/hwmon0/temp1_input line 1: expected a number, found `hot`");
}
