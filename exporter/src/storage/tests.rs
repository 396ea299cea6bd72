use std::fs;
use std::path::Path;

use seamark_kit::config::{self, Source};

use super::*;

fn read_text(text: &str) -> Result<Vec<Place>, String> {
    let source = Source::new("exporter.yml", text).with_environment([]);
    config::read(&source, read).map_err(|problems| problems.to_string())
}

#[test]
fn a_storage_is_a_directory_or_a_volume_with_what_may_be_in_it() {
    let text = "storage:\n- {name: videos, path: /srv/videos, capacity: 500GiB}\n\
                - {name: db, volume: shop_data, interval: 1h, time_limit: 1m}\n\
                - {name: home, path: /home/a, capacity: filesystem}\n";
    let place = |name: &str, target, capacity, interval, time_limit| Place {
        name: name.to_owned(),
        target,
        capacity,
        interval: Duration::from_secs(interval),
        time_limit: Duration::from_secs(time_limit),
    };
    let path = |path: &str| Target::Path(path.to_owned());
    let expected = vec![
        place("videos", path("/srv/videos"), Some(Capacity::Bytes(500 << 30)), 600, 300),
        place("db", Target::Volume("shop_data".to_owned()), None, 3600, 60),
        place("home", path("/home/a"), Some(Capacity::FileSystem), 600, 300),
    ];
    assert_eq!(read_text(text), Ok(expected));
    assert_eq!(read_text(""), Ok(vec![]));
}

#[test]
fn all_that_is_wrong_with_storages_is_said_at_once() {
    let text = "storage:\n- {name: a, path: srv}\n- {name: b, path: /b, volume: b}\n- {path: /c, capacity: 500}\n\
                - {name: a, path: /a}\n- /d\n- {name: e, path: /e, capcity: 1GB}\n\
                - {name: f, volume: ../containers}\n- {name: g}\n";
    let problems = read_text(text).unwrap_err();
    let expected = [
        "exporter.yml:2:19: storage[0].path: expected an absolute path of the host, found `srv`",
        "exporter.yml:3:31: storage[1].volume: both `path` and `volume` are given; keep one",
        "exporter.yml:4:3: storage[2].name: a storage needs a `name`",
        "exporter.yml:4:24: storage[2].capacity: expected a size such as `500GiB`, or `filesystem`, found `500`",
        "exporter.yml:5:10: storage[3].name: there is another storage with the name `a`",
        "exporter.yml:6:3: storage[4]: expected a mapping such as `{name: videos, path: /srv/videos, capacity: 500GiB}`",
        "exporter.yml:7:23: storage[5]: unknown key `capcity`; did you mean `capacity`?",
        "exporter.yml:8:21: storage[6].volume: expected the name of a Docker volume, found `../containers`",
        "exporter.yml:9:3: storage[7].path: a storage needs a `path`, or the name of a Docker `volume`",
    ];
    assert_eq!(problems.lines().collect::<Vec<_>>(), expected);
}

fn place(path: &str) -> Place {
    let target = Target::Path(path.to_owned());
    Place { name: "x".to_owned(), target, capacity: None, interval: INTERVAL, time_limit: TIME_LIMIT }
}

fn host(root: &Path) -> HostRoot {
    HostRoot::new("/nowhere", "/nowhere", root, "/nowhere")
}

#[test]
fn a_directory_is_looked_for_below_the_host_s_root_whatever_links_say() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("srv/real/below")).unwrap();
    std::os::unix::fs::symlink("/srv/real", root.path().join("srv/videos")).unwrap();
    fs::write(root.path().join("file"), "x").unwrap();
    let look = |path: &str| count(&host(root.path()), path, &place(path), &|| false);
    assert!(matches!(look("/srv/videos"), Look::Counted(Figures { files: 2, unreadable: 0, .. })));
    let missing = format!("{}: no such file; expected a directory", root.path().join("gone").display());
    assert_eq!(look("/gone"), Look::Missing(missing));
    assert!(matches!(look("/file"), Look::Missing(_)));
    assert!(matches!(look("/../etc"), Look::Failed(_)));
    let late = "/srv was not counted within 300 s; raise its `time_limit`, or use `capacity: filesystem`";
    assert_eq!(count(&host(root.path()), "/srv", &place("/srv"), &|| true), Look::Failed(late.to_owned()));
    let whole = Place { capacity: Some(Capacity::FileSystem), ..place("/srv") };
    let Look::Counted(figures) = count(&host(root.path()), "/srv", &whole, &|| true) else { panic!() };
    assert!(figures.capacity_bytes.unwrap() >= figures.used_bytes);
}

#[tokio::test]
async fn where_a_look_is_out_there_is_no_second_one() {
    let root = tempfile::tempdir().unwrap();
    let watch =
        || Watch { place: place("/"), host: host(root.path()), docker: Address::default(), memory: Arc::default() };
    let watch = watch();
    watch.memory.storage.go_out("/").await;
    let busy = "a look at / that was begun earlier has not come back";
    assert_eq!(watch.look(Duration::ZERO).await, Look::Failed(busy.to_owned()));
    watch.memory.storage.come_back("/");
    assert!(matches!(watch.look(Duration::ZERO).await, Look::Counted(Figures { files: 1, .. })));
    assert!(timeout(GRACE, watch.memory.storage.go_out("/")).await.is_ok(), "it has come back");
    // As after a reload: the one before is told to stop, and needs a moment for it.
    let (look, ()) = tokio::join!(watch.look(GRACE), async { watch.memory.storage.come_back("/") });
    assert!(matches!(look, Look::Counted(_)), "{look:?}");
}

#[test]
fn what_was_counted_stays_until_it_is_known_to_be_gone() {
    let board = board::Board::default();
    board.set_places(&[place("/a")]);
    let (took, now) = (Duration::from_secs(1), Timestamp::UNIX_EPOCH);
    let figures = Figures { used_bytes: 7, ..Figures::default() };
    let known = || board.all().pop().unwrap().1;
    assert_eq!((known().figures, known().last), (None, None));
    board.note("x", Look::Counted(figures), took, now);
    board.note("x", Look::Failed("slow".to_owned()), took, now);
    assert_eq!((known().figures, known().problem), (Some(figures), Some("slow".to_owned())));
    // A reload with another capacity.
    board.set_places(&[Place { capacity: Some(Capacity::Bytes(9)), ..place("/a") }]);
    assert_eq!((known().figures, known().capacity_bytes), (Some(figures), Some(9)));
    board.note("x", Look::Missing("gone".to_owned()), took, now);
    assert_eq!((known().figures, known().counted_at), (None, None));
    // A reload to another directory.
    board.note("x", Look::Counted(figures), took, now);
    board.set_places(&[place("/b")]);
    assert_eq!((known().figures, known().problem), (None, None));
}
