//! The programs' command lines without any server: help, wrong flags, what is missing and how to get it, exit codes,
//! and what a person's terminal may show.

mod programs;

use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use programs::{ALL, Ended, line, run};

/// Those that read or write topics and have no broker of their own.
const LONE: [&str; 5] = ["se1", "se2", "server", "inv 1", "app1 --data rows"];

/// Returns the address of a port at which nobody listens.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("a bound port").to_string()
}

/// Returns the lines of a help text that explain this flag.
fn explained<'h>(help: &'h str, flag: &str) -> Option<&'h str> {
    help.lines().find(|line| line.split([' ', ',']).any(|word| word == flag))
}

#[test]
fn help_names_each_flag_with_default_and_variable() {
    let network = "--network itc6107";
    let kafka = "--bootstrap-servers KAFKA_BOOTSTRAP_SERVERS";
    let sending = ["--seed [default:", "--from", "--to", "--session-interval 2s", "--follow"];
    let expected: [(&str, &[&str]); 8] = [
        (
            "network",
            &[
                kafka,
                "--database-url DATABASE_URL",
                "--seed [default:",
                "--session-interval [default:",
                "--data finnet-data",
                "--from",
                "--to",
            ],
        ),
        ("se1", &[&[kafka][..], &sending].concat()),
        ("se2", &[&[kafka][..], &sending].concat()),
        ("server", &[&[kafka][..], &sending].concat()),
        ("inv", &[kafka, "--until", "--partitions", "--kafka-set"]),
        ("app1", &[kafka, "--database-url DATABASE_URL", "--data", "--until"]),
        (
            "app2",
            &["--database-url DATABASE_URL", "--data", "--out [default: .]", "--investor", "--portfolio", "--from"],
        ),
        ("investors-db", &["--database-url DATABASE_URL", "--reset"]),
    ];
    let mut wrong = Vec::new();
    for (program, flags) in expected {
        let secret = "mysql://somebody:Zq7secret@db.example:3306/InvestorsDB";
        let Ended { out: help, err, .. } = line(&format!("{program} -h")).with("DATABASE_URL", secret).run().code(0);
        let long = line(&format!("{program} --help")).with("DATABASE_URL", secret).run().code(0);
        assert!(!format!("{help}{err}{}{}", long.out, long.err).contains("Zq7secret"), "{help}");
        if !help.contains("2 wrong usage") {
            wrong.push(format!("{program} -h does not say its exit codes"));
        }
        for flag in [&[network, "-q", "-v", "-h"], flags].concat() {
            let (flag, said) = flag.split_once(' ').unwrap_or((flag, ""));
            let Some(line) = explained(&help, flag) else {
                wrong.push(format!("{program} -h does not name {flag}"));
                continue;
            };
            if !line.contains(said) {
                wrong.push(format!("{program} -h does not say {said} of {flag}: {line}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_wrong_flag_is_named_and_help_offered() {
    for (text, named) in [
        ("network --nosuch", "--nosuch"),
        ("network --partitions 0", "--partitions"),
        ("network --to 2000-02-30", "2000-02-30"),
        ("network --seed -1", "-1"),
        ("se1 --session-interval fast", "fast"),
        ("se1 --session-interval -1s", "-1"),
        ("se1 --kafka-set acks", "KEY=VALUE"),
        ("se2 --to tomorrow", "tomorrow"),
        ("server --follow=perhaps", "--follow"),
        ("server --until 2000-01-31", "--until"),
        ("inv", "<N>"),
        ("inv one", "one"),
        ("inv 1 2", "2"),
        ("inv 1 -q -v", "--verbose"),
        ("inv 1 --until 2000-13-01", "2000-13-01"),
        ("inv 1 --from 2000-01-31", "--from"),
        ("app1 --to 2000-01-31", "--to"),
        ("app1 --database-url postgres://somebody@db/InvestorsDB", "mysql://"),
        ("app2 --out", "--out"),
        ("app2 --from 31.01.2000", "31.01.2000"),
        ("investors-db --drop", "--drop"),
    ] {
        let ended = run(text);
        assert_eq!(ended.code, Some(2), "{text}: {}", ended.err);
        assert!(ended.out.is_empty(), "{text}: {}", ended.out);
        assert!(ended.err.starts_with("error: ") && ended.err.contains(named), "{text}: {}", ended.err);
        assert!(ended.err.contains("--help"), "{text}: {}", ended.err);
    }
}

#[test]
fn a_password_is_never_shown() {
    for text in ["network --to 2000-01-03", "app1 --data rows", "app2 --data rows", "investors-db"] {
        for url in ["mysql://somebody:Zq7secret@", "postgres://somebody:Zq7secret@db.example/InvestorsDB"] {
            let folder = tempfile::tempdir().expect("a folder");
            let ended = line(text).with("DATABASE_URL", url).within(folder.path()).run();
            let all = format!("{}{}", ended.out, ended.err);
            assert!(!all.contains("Zq7secret"), "{text} shows the password of {url}:\n{all}");
        }
    }
}

#[test]
fn a_database_that_is_not_used_need_not_be_one() {
    // The variable is that of many programs; the embedded network and --data have no use for it.
    for url in ["postgres://somebody@db.example/shop", ""] {
        let folder = tempfile::tempdir().expect("a folder");
        line("network -q --to 2000-01-04").with("DATABASE_URL", url).within(folder.path()).run().code(0);
        let ended = line("app1 --data rows --bootstrap-servers").word(nobody()).word("--connect-timeout=0");
        ended.with("DATABASE_URL", url).within(folder.path()).run().code(1).says("no Kafka broker answers");
    }
}

#[test]
fn an_empty_variable_is_one_that_is_not_set() {
    let ended = line("inv 1 --connect-timeout 1s").with("KAFKA_BOOTSTRAP_SERVERS", "").run().code(2);
    ended.says("KAFKA_BOOTSTRAP_SERVERS is not set");
    line("app1").with("DATABASE_URL", "").run().code(2).says("DATABASE_URL is not set");
}

#[test]
fn a_lone_program_says_how_to_get_a_broker() {
    for text in LONE {
        let folder = tempfile::tempdir().expect("a folder");
        let ended = line(text).within(folder.path()).run().code(2);
        let program = text.strip_suffix(" --data rows").unwrap_or(text);
        for hint in [
            "--bootstrap-servers is not given".to_owned(),
            "KAFKA_BOOTSTRAP_SERVERS is not set".to_owned(),
            format!("{program} --bootstrap-servers localhost:9092"),
            "cargo xtask servers".to_owned(),
        ] {
            ended.says(&hint);
        }
        assert_eq!(ended.err.matches("error:").count(), 1, "{}", ended.err);
    }
}

#[test]
fn a_store_says_how_to_get_a_database_or_files() {
    for program in ["app1", "app2"] {
        let ended = run(program).code(2);
        ended.says("DATABASE_URL is not set").says("--data is not given");
        ended.says(&format!("{program} --database-url mysql://")).says(&format!("{program} --data ./finnet-data"));
    }
    run("investors-db").code(2).says("DATABASE_URL is not set").says("investors-db --database-url mysql://");
}

#[test]
fn what_the_network_does_not_have_is_named() {
    let nobody = nobody();
    for (text, named) in [
        ("inv 9", "no investor 9: it has 3"),
        ("inv 0", "no investor 0: it has 3"),
        ("se1 --exchange 3", "no exchange 3: it has 2"),
        ("se2 --exchange 0", "no exchange 0: it has 2"),
        ("se1 --network nosuch", "nosuch"),
        ("server --network nosuch", "itc6107, sp500"),
        ("network --network nosuch.toml", "nosuch.toml"),
        ("inv 1 --until 1990-01-01", "1990-01-01"),
        // The calendar begins with 2000, on a Saturday.
        ("inv 1 --until 2000-01-02", "2000-01-02"),
    ] {
        let ended = line(text).word(format!("--bootstrap-servers={nobody}")).run().code(2);
        assert!(ended.err.starts_with("error: ") && ended.err.contains(named), "{text}: {}", ended.err);
    }
    for (flag, name) in
        [("--investor", "../../x"), ("--portfolio", "P11; DROP TABLE\u{1b}[31m"), ("--investor", "Inv9")]
    {
        let folder = tempfile::tempdir().expect("a folder");
        let ended = line("app2 --data .").word(flag).word(name).within(folder.path()).run().code(2);
        assert!(ended.err.starts_with("error: ") && !ended.err.contains('\u{1b}'), "{}", ended.err);
        ended.says("Inv1");
    }
}

#[test]
fn settings_that_the_network_hangs_on_are_not_to_be_set() {
    let nobody = nobody();
    thread::scope(|scope| {
        for text in ["network", "se1", "se2", "server", "inv 1", "app1 --data rows"] {
            let nobody = &nobody;
            scope.spawn(move || {
                let folder = tempfile::tempdir().expect("a folder");
                let with = |setting: &str| {
                    let line = line(text).word(format!("--bootstrap-servers={nobody}")).word("--connect-timeout=1s");
                    line.word(format!("--kafka-set={setting}")).within(folder.path())
                };
                for setting in ["partitioner", "acks", "enable.idempotence", "isolation.level"] {
                    with(&format!("{setting}=random")).run().code(4).says(setting);
                }
                // The server, too, ends at once and says it once: starting again would not mend it.
                let ended = with("no.such=1").start().end_within(Duration::from_secs(10)).code(4);
                assert_eq!(ended.err.matches("error:").count(), 1, "{text}: {}", ended.err);
                ended.says("no.such");
                let ended = with("sasl.password=Zq7secret").run();
                assert!(!ended.err.contains("Zq7secret"), "{text}: {}", ended.err);
            });
        }
    });
}

/// A program whose broker or database is away says so while it waits, and ends in time with one line.
#[test]
fn servers_that_are_away_are_named_and_waited_for_in_bounds() {
    let nobody = nobody();
    let (broker, database) =
        (format!("--bootstrap-servers={nobody}"), format!("--database-url=mysql://u:p@{nobody}/db"));
    thread::scope(|scope| {
        for (text, server) in [
            ("network", &broker),
            ("se1", &broker),
            ("se2", &broker),
            ("server", &broker),
            ("inv 2", &broker),
            ("app1 --data rows", &broker),
            ("app1 --bootstrap-servers=127.0.0.1:1", &database),
            ("investors-db", &database),
            ("app2", &database),
        ] {
            let nobody = &nobody;
            scope.spawn(move || {
                let folder = tempfile::tempdir().expect("a folder");
                let start = Instant::now();
                let running = line(text).word(server).word("--connect-timeout=3s").within(folder.path()).start();
                let said = running.says_within("trying for", Duration::from_secs(3));
                assert!(said.contains(nobody), "{text} does not say what is missing:\n{said}");
                let ended = running.end_within(Duration::from_secs(15)).code(1);
                let took = start.elapsed();
                assert!(took >= Duration::from_secs(2), "{text} gave up after {took:?}");
                let errors: Vec<_> = ended.err.lines().filter(|line| line.starts_with("error: ")).collect();
                assert_eq!(errors.len(), 1, "{text}: {}", ended.err);
                assert!(errors[0].contains(nobody) && errors[0].len() < 200, "{text}: {}", errors[0]);
                let lines: Vec<_> = ended.err.lines().collect();
                let doubled = lines.windows(2).find(|pair| pair[0] == pair[1]);
                assert_eq!(doubled, None, "{text} says the same over and over:\n{}", ended.err);
            });
        }
    });
}

#[test]
fn a_signal_while_waiting_for_a_server_ends_in_good_order() {
    let nobody = nobody();
    let (broker, database) =
        (format!("--bootstrap-servers={nobody}"), format!("--database-url=mysql://u:p@{nobody}/db"));
    thread::scope(|scope| {
        for (text, server, signal) in [
            ("network", &broker, "TERM"),
            ("se1", &broker, "INT"),
            ("server", &broker, "TERM"),
            ("inv 2", &broker, "INT"),
            ("app1 --data rows", &broker, "TERM"),
            ("app1 --bootstrap-servers=127.0.0.1:1", &database, "INT"),
            ("investors-db", &database, "TERM"),
            ("app2", &database, "INT"),
        ] {
            scope.spawn(move || {
                let folder = tempfile::tempdir().expect("a folder");
                let running = line(text).word(server).within(folder.path()).start();
                running.says("trying for");
                running.signal(signal);
                let ended = running.end_within(Duration::from_secs(10));
                assert_eq!(ended.code, Some(0), "{text}, SIG{signal}:\n{}", ended.err);
            });
        }
    });
}

#[test]
fn a_network_file_is_refused_by_line_and_column() {
    let folder = tempfile::tempdir().expect("a folder");
    let good = "first_session = 2000-01-03\n[[exchange]]\nname = \"SE1\"\ncalendar = \"XNYS\"\nmodel = \"uniform\"\n\n[exchange.stocks]\nIBM = \"128.25\"\n\n\
        [[investor]]\nname = \"Inv1\"\ncity = \"London\"\n\n[investor.portfolios.P11]\nIBM = 1300\n";
    let inv = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("a file");
        line("inv 1 --bootstrap-servers 127.0.0.1:1 --connect-timeout=0 --network")
            .word(name)
            .within(folder.path())
            .run()
    };
    // Nothing is wrong with it, or what follows would show nothing.
    inv("good.toml", good).code(1).says("no Kafka broker answers");

    let unknown = good.replace("IBM = 1300", "IBM = 1300\n  XYZ = 5");
    let place = place_of(&unknown, "XYZ");
    inv("unknown.toml", &unknown).code(4).says(&format!("unknown.toml:{place}: ")).says("XYZ");

    let doubled = format!("{good}\n[investor.portfolios.p11]\nIBM = 2\n");
    let place = place_of(&doubled, "p11");
    inv("doubled.toml", &doubled).code(4).says(&format!("doubled.toml:{place}: ")).says("p11");

    let hostile = good.replace("[investor.portfolios.P11]", "[investor.portfolios.\"P11; DROP TABLE\\u001b[31m\"]");
    let ended = inv("hostile.toml", &hostile).code(4);
    ended.says("hostile.toml:14:");
    assert!(!ended.err.contains('\u{1b}'), "{}", ended.err);
}

/// Returns `line:column` of a text's first occurrence, both from 1.
fn place_of(text: &str, part: &str) -> String {
    let before = &text[..text.find(part).expect("the part is there")];
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    format!("{}:{}", before.matches('\n').count() + 1, before.len() - line_start + 1)
}

#[test]
fn a_pipe_that_nobody_reads_is_no_reason_to_panic() {
    for program in ALL {
        let code = line(program).word("-h").run_unheard();
        assert_ne!(code, Some(101), "{program} -h panics");
        let code = line(program).word("--nosuch").run_unheard();
        assert_eq!(code, Some(2), "{program} --nosuch");
    }
    for text in ["inv 9", "se1 --network nosuch", "app1", "investors-db", "server"] {
        assert_eq!(line(text).run_unheard(), Some(2), "{text}");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let code = line("network -v --to 2000-03-31 --data heard").within(folder.path()).run_unheard();
    assert_eq!(code, Some(0));
    line("network -q --to 2000-03-31 --data aside").within(folder.path()).run().code(0);
    let read = |of: &str| std::fs::read(folder.path().join(of).join("Inv3_P32.csv")).expect("a file");
    assert!(read("heard") == read("aside"));
}
