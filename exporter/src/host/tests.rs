use super::*;
use crate::text::ParseError;

fn host() -> (tempfile::TempDir, HostRoot) {
    let directory = tempfile::tempdir().unwrap();
    let [proc, sys, root, udev] = ["proc", "sys", "root", "udev"].map(|name| directory.path().join(name));
    (directory, HostRoot::new(proc, sys, root, udev))
}

fn write(directory: &tempfile::TempDir, file: &str, content: &[u8]) {
    let path = directory.path().join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

#[test]
fn each_root_is_read_below_its_own_directory() {
    let (directory, host) = host();
    for (file, content) in [("proc/a", "1"), ("sys/a", "2"), ("root/a", "3"), ("udev/a", "4")] {
        write(&directory, file, content.as_bytes());
    }
    let files = [host.read_proc("a"), host.read_sys("a"), host.read_root("a"), host.read_udev("a")];
    assert_eq!(files.map(|file| file.unwrap().trimmed().into_owned()), ["1", "2", "3", "4"]);
}

#[test]
fn a_file_of_any_length_is_read_whole() {
    let (directory, host) = host();
    for length in [0, 1, SYSCTL.buffer, SYSCTL.buffer + 1, PROC.buffer * 3] {
        write(&directory, "proc/sys/x", &vec![b'x'; length]);
        assert_eq!(host.read_proc("sys/x").unwrap().bytes.len(), length);
    }
}

#[test]
fn a_file_without_end_is_an_error_and_not_a_full_memory() {
    let host = HostRoot::new("/dev", "/dev", "/dev", "/dev");
    assert_eq!(host.read_proc("zero").unwrap_err().to_string(), "/dev/zero: cannot be read: larger than 8 MiB");
}

#[test]
fn bytes_that_are_no_text_are_kept_and_shown_as_such() {
    let (directory, host) = host();
    write(&directory, "proc/mounts", b"good\nb\xFFd\n");
    let file = host.read_proc("mounts").unwrap();
    assert_eq!((file.bytes.as_slice(), &*file.trimmed()), (b"good\nb\xFFd\n".as_slice(), "good\nb\u{FFFD}d"));
}

#[test]
fn a_link_in_the_host_s_root_leads_to_the_host_s_file() {
    let (directory, host) = host();
    write(&directory, "root/usr/lib/os-release", b"NAME=Host");
    fs::create_dir_all(directory.path().join("root/etc")).unwrap();
    for (link, target) in [("absolute", "/usr/lib/os-release"), ("upwards", "../../../../usr/lib/os-release")] {
        std::os::unix::fs::symlink(target, directory.path().join("root/etc").join(link)).unwrap();
        assert_eq!(host.read_root(&format!("etc/{link}")).unwrap().trimmed(), "NAME=Host");
    }
}

#[test]
fn without_openat2_a_link_out_of_the_root_is_refused() {
    let (directory, _) = host();
    write(&directory, "root/file", b"x");
    write(&directory, "other", b"y");
    std::os::unix::fs::symlink("../other", directory.path().join("root/out")).unwrap();
    let root = directory.path().join("root");
    assert!(open_inside(&root, &root.join("file"), OFlags::RDONLY).is_ok());
    assert_eq!(
        open_inside(&root, &root.join("out"), OFlags::RDONLY).unwrap_err().to_string(),
        "a link leads out of the root"
    );
}

#[test]
fn a_link_of_sysfs_is_followed_inside_of_it_only() {
    let (directory, host) = host();
    write(&directory, "sys/devices/pci0000:00/hwmon0/name", b"x\n");
    fs::create_dir_all(directory.path().join("sys/class")).unwrap();
    for (link, target) in [("hwmon0", "../devices/pci0000:00/hwmon0"), ("out", "../../proc")] {
        std::os::unix::fs::symlink(target, directory.path().join("sys/class").join(link)).unwrap();
    }
    fs::create_dir_all(directory.path().join("proc")).unwrap();
    assert_eq!(host.sys_link("class/hwmon0").unwrap(), Path::new("../devices/pci0000:00/hwmon0"));
    assert_eq!(host.sys_real("class/hwmon0").unwrap(), "devices/pci0000:00/hwmon0");
    assert!(matches!(host.sys_real("class/out"), Err(ReadError::Unreadable { .. })));
    assert!(matches!(host.sys_real("class/none"), Err(ReadError::Absent { .. })));
    assert_eq!(host.sys_text("class/hwmon0/name").unwrap().as_deref(), Some("x"));
    assert_eq!(host.sys_number("class/hwmon0/none").unwrap(), None);
}

#[test]
fn the_network_is_that_of_the_first_process_where_it_can_be_read() {
    let (directory, first_look) = host();
    write(&directory, "proc/net/dev", b"own");
    assert_eq!(first_look.read_net("dev").unwrap().trimmed(), "own");
    write(&directory, "proc/1/net/dev", b"host's");
    let host = HostRoot::new(directory.path().join("proc"), "/nowhere", "/nowhere", "/nowhere");
    assert_eq!(host.read_net("dev").unwrap().trimmed(), "host's");
}

#[test]
fn a_fault_at_the_first_look_does_not_settle_whose_network_it_is() {
    let (directory, host) = host();
    write(&directory, "proc/net/dev", b"own");
    fs::create_dir_all(directory.path().join("proc/1/net")).unwrap();
    let first = directory.path().join("proc/1/net/dev");
    std::os::unix::fs::symlink("dev", &first).unwrap();
    assert!(matches!(host.read_net("dev"), Err(ReadError::Unreadable { .. })));
    fs::remove_file(&first).unwrap();
    write(&directory, "proc/1/net/dev", b"host's");
    assert_eq!(host.read_net("dev").unwrap().trimmed(), "host's");
}

#[test]
fn what_sysfs_cannot_tell_now_is_no_error() {
    let answer = |errno: Errno| if_available::<()>(Err(ReadError::new("speed".into(), errno.into())));
    assert!(matches!(answer(Errno::INVAL), Ok(None)));
    assert!(matches!(answer(Errno::NOENT), Ok(None)));
    assert!(matches!(answer(Errno::NOMEM), Err(ReadError::Unreadable { .. })));
}

#[test]
fn absent_and_unreadable_are_two_answers_with_the_real_path() {
    let (directory, host) = host();
    write(&directory, "proc/file", b"");
    fs::create_dir_all(directory.path().join("proc/directory")).unwrap();
    let messages = ["none", "file/below", "directory", "../sys", "/etc/passwd"].map(|file| {
        let message = host.read_proc(file).unwrap_err().to_string();
        message.replace(directory.path().to_str().unwrap(), "DIR")
    });
    assert_eq!(
        messages,
        [
            "DIR/proc/none: no such file",
            "DIR/proc/file/below: no such file",
            "DIR/proc/directory: cannot be read: Is a directory (os error 21)",
            "DIR/proc/../sys: cannot be read: the path leaves its root",
            "/etc/passwd: cannot be read: the path leaves its root",
        ]
    );
}

#[test]
fn a_malformed_file_is_named_with_line_expectation_and_finding() {
    let file = HostFile { path: "/host/proc/pressure/io".into(), bytes: Vec::new() };
    let error = ParseError::new(2, "`total=<microseconds>`", b"total=12x");
    assert_eq!(
        file.malformed(error).to_string(),
        "/host/proc/pressure/io line 2: expected `total=<microseconds>`, found `total=12x`"
    );
    assert_eq!(
        file.malformed(ParseError::new(1, "a whole number", b"")).to_string(),
        "/host/proc/pressure/io line 1: expected a whole number, found nothing"
    );
}

#[test]
fn a_directory_is_listed_in_order() {
    let (directory, host) = host();
    for file in ["sys/class/net/lo/mtu", "sys/class/net/eth0/mtu"] {
        write(&directory, file, b"");
    }
    assert_eq!(host.list_sys("class/net").unwrap(), ["eth0", "lo"]);
    assert!(matches!(host.list_sys("class/none"), Err(ReadError::Absent { .. })));
}
