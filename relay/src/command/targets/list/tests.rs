use super::*;

fn read(text: &str) -> Result<List, String> {
    List::read("servers.csv", text, 9877, &[]).map_err(|problems| problems.join("\n"))
}

fn server(line: usize, name: &str, target: &str) -> Server {
    let place = format!("servers.csv:{line}:1");
    Server { place, name: name.to_owned(), target: target.to_owned(), labels: Vec::new() }
}

#[test]
fn a_list_with_passwords_gives_names_and_addresses_and_says_what_to_do_with_the_rest() {
    let text = "alias,username,ip,password\nweb-1,root,10.0.0.11,\"hunter2,\"\nweb-2,root,fd00::12,\"hunter\"\"3\"";
    let list = read(text).unwrap();
    assert_eq!(list.servers, [server(2, "web-1", "10.0.0.11:9877"), server(3, "web-2", "[fd00::12]:9877")]);
    let note = "the passwords in servers.csv were not taken over, because nobody logs in to the servers; delete the \
                file, and change them if anybody else could read it";
    assert_eq!(list.notes, [note]);
    assert!(!format!("{list:?}").contains("hunter"));
}

#[test]
fn groups_ports_and_further_columns_become_labels() {
    let text = "name;ip;port;group;rack;floor\nweb-1;10.0.0.11;19877;shop;r 1;2\nweb-2;10.0.0.12;;;;\n";
    let list = List::read("servers.csv", text, 9877, &["rack".to_owned()]).unwrap();
    let labels = [("host_group", "shop"), ("rack", "r 1")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let first = Server { labels: labels.to_vec(), ..server(2, "web-1", "10.0.0.11:19877") };
    assert_eq!(list.servers, [first, server(3, "web-2", "10.0.0.12:9877")]);
    assert_eq!(list.notes, ["the column `floor` of servers.csv is left out; `--label floor` makes a label of it"]);
}

#[test]
fn every_bad_line_is_named_at_once() {
    let text = "# ours\nalias,ip,port\n\nweb-1,10.0.0.11,1\n,10.0.0.300,0\nweb-3\nweb-4,\"10.0.0.14,5\nweb-5,web-5:5,5\n\
                web-6,10.0.0.11,1,more\nweb-7,10.0.0.11:1,\nweb-1,10.0.0.18,\nweb-8,http://web-8,\n";
    let expected = [
        "servers.csv:5:1: expected a name, as the exporter there calls itself (`instance:`), of at most 200 characters, \
         found nothing",
        "servers.csv:5:2: expected an address, such as `10.0.0.12`, `fd00::12` or `web-2.example.org`, found `10.0.0.300`",
        "servers.csv:5:13: expected a port from 1 to 65535, found `0`",
        "servers.csv:6:1: expected 3 fields, as in the header, found 1",
        "servers.csv:7:7: the quote is not closed in this line",
        "servers.csv:8:15: the address has a port of its own; leave one of the two out",
        "servers.csv:9:1: expected 3 fields, as in the header, found 4",
        "servers.csv:12:7: expected an address, such as `10.0.0.12`, `fd00::12` or `web-2.example.org`, found `http://web-8`",
        "servers.csv:10:1: `10.0.0.11:1` is there already, at servers.csv:4:1",
        "servers.csv:11:1: `web-1` is there already, at servers.csv:4:1",
    ];
    assert_eq!(read(text).unwrap_err().lines().collect::<Vec<_>>(), expected);
}

#[test]
fn what_is_wrong_in_a_list_with_passwords_is_not_shown() {
    let said = read("alias,ip,port,password\nweb-1,hunter 2,hunter 2,x\nweb-2,hunter 2,,x\n,hunter 2\n").unwrap_err();
    assert_eq!(said.lines().count(), 4, "{said}");
    assert!(said.contains("servers.csv:3:7: ") && !said.contains("hunter"), "{said}");
}

#[test]
fn a_list_of_nobody_is_refused() {
    let expected = "servers.csv:1:1: expected a header, such as `alias,ip`, and a line for each server";
    assert_eq!(read("# soon\n").unwrap_err(), expected);
    assert_eq!(read("alias,ip\n").unwrap_err(), "servers.csv:2:1: expected a line for each server below the header");
}
