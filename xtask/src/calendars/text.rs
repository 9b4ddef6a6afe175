//! The text of one exchange: in come its lines, as `finnet-core/calendars/README.md` describes them; out comes what
//! they say, or the line that can't be so.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use chrono_tz::Tz;

/// An exchange as its text describes it.
pub(super) struct Exchange {
    pub(super) mic: String,
    pub(super) name: String,
    pub(super) zone: Tz,
    pub(super) first: NaiveDate,
    pub(super) last: NaiveDate,
    pub(super) venues: Vec<String>,
    pub(super) called: Vec<(String, String)>,
    pub(super) notes: Vec<String>,
    /// Regular hours from each date on.
    pub(super) periods: BTreeMap<NaiveDate, Week>,
    pub(super) exceptions: BTreeMap<NaiveDate, Exception>,
}

/// The hours of Monday to Sunday; `None` for a day without trading.
pub(super) type Week = [Option<Hours>; 7];

/// Times of a session, in minutes of the day.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hours {
    pub(super) open: u16,
    pub(super) close: u16,
    pub(super) pause: Option<(u16, u16)>,
    /// How they differ from the regular ones of their day: the sum that `Hours` of finnet-core's tables describes.
    pub(super) differs: u8,
}

/// What is different on a date.
pub(super) struct Exception {
    /// `None` for a closure.
    pub(super) hours: Option<Hours>,
    pub(super) reason: Option<String>,
}

impl Exchange {
    /// Reads a text.
    ///
    /// # Errors
    ///
    /// What is wrong, after the number of its line where it is one line's fault.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut fields: BTreeMap<&str, &str> = BTreeMap::new();
        let (mut notes, mut periods, mut exceptions) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
        for (number, line) in (1..).zip(text.lines().map(str::trim)) {
            let at = |error: String| format!("{number}: {error}");
            let (word, rest) = line.split_once(' ').map_or((line, ""), |(word, rest)| (word, rest.trim()));
            match word {
                "" => {}
                _ if word.starts_with('#') => {}
                "note" => notes.push(rest.to_owned()),
                "hours" => add_hours(&mut periods, rest).map_err(at)?,
                "mic" | "name" | "zone" | "range" | "venues" | "called" => {
                    if fields.insert(word, rest).is_some() {
                        return Err(at(format!("a second {word}")));
                    }
                }
                _ => {
                    let date = date(word).map_err(at)?;
                    if exceptions.last_key_value().is_some_and(|(last, _)| *last >= date) {
                        return Err(at(format!("{date} is not after the date of the line before it")));
                    }
                    exceptions.insert(date, exception(rest).map_err(at)?);
                }
            }
        }
        let mut exchange = Self::of_fields(&fields).map_err(|error| format!(" {error}"))?;
        (exchange.notes, exchange.periods, exchange.exceptions) = (notes, periods, exceptions);
        exchange.check_periods().map_err(|error| format!(" {error}"))?;
        exchange.compare_with_regular().map_err(|error| format!(" {error}"))?;
        Ok(exchange)
    }

    /// Returns the codes that the text claims: that of the exchange and those of its venues.
    pub(super) fn mics(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.mic).chain(&self.venues).map(String::as_str)
    }

    /// Returns the regular hours of a day, or `None` on a day of the week without trading.
    pub(super) fn regular(&self, date: NaiveDate) -> Option<Hours> {
        let (_, week) = self.periods.range(..=date).next_back()?;
        week[date.weekday().num_days_from_monday() as usize]
    }

    /// Returns the hours of a day's session, or `None` on a day without one.
    pub(super) fn session(&self, date: NaiveDate) -> Option<Hours> {
        self.exceptions.get(&date).map_or_else(|| self.regular(date), |exception| exception.hours)
    }

    /// Returns every day of the range.
    pub(super) fn days(&self) -> Vec<NaiveDate> {
        self.first.iter_days().take_while(|date| *date <= self.last).collect()
    }

    fn of_fields(fields: &BTreeMap<&str, &str>) -> Result<Self, String> {
        let field = |word: &str| match fields.get(word) {
            None | Some(&"") => Err(format!("no line says {word}")),
            Some(text) => Ok(*text),
        };
        let list = |word: &str| fields.get(word).copied().unwrap_or_default().split_whitespace();
        let (first, last) = field("range")?.split_once(' ').ok_or("a range is two dates")?;
        let called = list("called").map(|pair| match pair.split_once('=') {
            Some((name, code)) if !name.is_empty() => Ok((name.to_owned(), mic(code)?)),
            _ => Err(format!("{pair} is not NAME=MIC")),
        });
        let exchange = Self {
            mic: mic(field("mic")?)?,
            name: field("name")?.to_owned(),
            zone: field("zone")?.parse().map_err(|_| format!("{} is no zone of the IANA database", fields["zone"]))?,
            first: date(first)?,
            last: date(last)?,
            venues: list("venues").map(mic).collect::<Result<_, _>>()?,
            called: called.collect::<Result<_, _>>()?,
            notes: Vec::new(),
            periods: BTreeMap::new(),
            exceptions: BTreeMap::new(),
        };
        if exchange.first > exchange.last {
            return Err(format!("the range ends on {last}, before it begins"));
        }
        match exchange.called.iter().find(|(_, code)| exchange.mics().all(|mic| mic != code)) {
            Some((name, code)) => Err(format!("{name} is called {code}, which is neither the mic nor a venue")),
            None => Ok(exchange),
        }
    }

    fn check_periods(&self) -> Result<(), String> {
        if self.periods.first_key_value().is_none_or(|(from, _)| *from != self.first) {
            return Err(format!("the first hours are not from {}, the first date", self.first));
        }
        for ((_, week), (next, other)) in self.periods.iter().zip(self.periods.iter().skip(1)) {
            if *next > self.last {
                return Err(format!("hours from {next} on, after the last date"));
            }
            if week == other {
                return Err(format!("the hours from {next} on are those before it"));
            }
        }
        Ok(())
    }

    /// Says of each exception's hours how they differ from the regular ones of their day.
    fn compare_with_regular(&mut self) -> Result<(), String> {
        let dates: Vec<NaiveDate> = self.exceptions.keys().copied().collect();
        for date in dates {
            let regular = self.regular(date);
            let wrong = |what: &str| Err(format!("{date}: {what}"));
            if !(self.first..=self.last).contains(&date) {
                return wrong("not in the range");
            }
            match (self.exceptions.get_mut(&date).and_then(|exception| exception.hours.as_mut()), regular) {
                (None, None) => return wrong("closed on a day of the week that has no trading"),
                (Some(hours), Some(regular)) if *hours == regular => return wrong("the regular hours of the day"),
                (Some(hours), Some(regular)) => {
                    hours.differs = u8::from(hours.close < regular.close)
                        + 2 * u8::from(hours.close > regular.close)
                        + 4 * u8::from(hours.open > regular.open)
                        + 8 * u8::from(hours.open < regular.open);
                }
                (None, Some(_)) | (Some(_), None) => {}
            }
        }
        Ok(())
    }
}

fn add_hours(periods: &mut BTreeMap<NaiveDate, Week>, rest: &str) -> Result<(), String> {
    let [from, days, times] = rest.split_whitespace().collect::<Vec<_>>()[..] else {
        return Err("hours are a date, the days of the week and the times".to_owned());
    };
    let hours = hours(times)?;
    if days.len() != 7 || days.bytes().zip(*b"MTWTFSS").any(|(day, letter)| day != letter && day != b'-') {
        return Err(format!("{days} is not MTWTFSS with - for days without trading"));
    }
    let week = periods.entry(date(from)?).or_default();
    for (day, slot) in days.bytes().zip(week).filter(|(day, _)| *day != b'-') {
        if slot.replace(hours).is_some() {
            return Err(format!("a second {} from {from} on", char::from(day)));
        }
    }
    Ok(())
}

fn exception(rest: &str) -> Result<Exception, String> {
    let (what, reason) = rest.split_once(' ').unwrap_or((rest, ""));
    let reason = Some(reason.trim().to_owned()).filter(|reason| !reason.is_empty());
    Ok(Exception { hours: if what == "closed" { None } else { Some(hours(what)?) }, reason })
}

/// Reads `09:30-16:00` or, with a break, `09:30-12:00,13:00-16:00`.
fn hours(text: &str) -> Result<Hours, String> {
    let halves: Vec<Vec<u16>> =
        text.split(',').map(|half| half.split('-').map(minute).collect()).collect::<Result<_, _>>()?;
    if !halves.concat().is_sorted_by(|one, next| one < next) {
        return Err(format!("{text} does not go forward"));
    }
    match halves.iter().map(Vec::as_slice).collect::<Vec<_>>()[..] {
        [&[open, close]] => Ok(Hours { open, close, pause: None, differs: 0 }),
        [&[open, start], &[end, close]] => Ok(Hours { open, close, pause: Some((start, end)), differs: 0 }),
        _ => Err(format!("{text} is not HH:MM-HH:MM, nor two of them with a comma between")),
    }
}

fn minute(text: &str) -> Result<u16, String> {
    let wrong = || format!("{text} is not HH:MM");
    let is_time = text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b':');
    let (hour, minute) = text.split_once(':').filter(|_| is_time).ok_or_else(wrong)?;
    match (hour.parse::<u16>(), minute.parse::<u16>()) {
        (Ok(hour), Ok(minute)) if hour < 24 && minute < 60 => Ok(hour * 60 + minute),
        _ => Err(wrong()),
    }
}

fn date(text: &str) -> Result<NaiveDate, String> {
    text.trim().parse().map_err(|_| format!("{text} is neither a word of this format nor a date YYYY-MM-DD"))
}

fn mic(text: &str) -> Result<String, String> {
    if text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()) {
        Ok(text.to_owned())
    } else {
        Err(format!("{text} is no MIC: four capital letters or digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "mic XXXX\nname X\nzone UTC\nrange 2000-01-01 2000-12-31\n";
    const HOURS: &str = "hours 2000-01-01 MTWTF-- 09:30-16:00\n";

    /// Reads a text of which 2000-01-01 is the first date, a Saturday.
    fn refused(lines: &str) -> String {
        Exchange::parse(&format!("{HEAD}{HOURS}{lines}\n")).err().expect(lines)
    }

    #[test]
    fn a_text_without_contradiction_is_read() {
        let text = format!("{HEAD}{HOURS}2000-01-04 closed Storm\n2000-01-05 09:30-13:00\n2000-01-06 09:00-16:30\n");
        let text = format!("{text}2000-01-08 10:00-12:00\n");
        let exchange = Exchange::parse(&text).unwrap();
        let at = |day| exchange.session(NaiveDate::from_ymd_opt(2000, 1, day).unwrap());
        let hours = |open, close, differs| Some(Hours { open, close, pause: None, differs });
        assert!(at(1).is_none() && at(4).is_none() && at(9).is_none());
        assert!(at(3) == hours(570, 960, 0) && at(5) == hours(570, 780, 1));
        assert!(at(6) == hours(540, 990, 2 + 8), "an early open and a late close");
        assert!(at(8) == hours(600, 720, 0), "a session on a Saturday");
    }

    #[test]
    fn a_closure_on_a_day_without_trading_is_refused() {
        assert_eq!(refused("2000-01-01 closed"), " 2000-01-01: closed on a day of the week that has no trading");
    }

    #[test]
    fn hours_that_are_the_regular_ones_are_refused() {
        assert_eq!(refused("2000-01-03 09:30-16:00"), " 2000-01-03: the regular hours of the day");
        assert_eq!(
            refused("hours 2000-02-01 MTWTF-- 09:30-16:00"),
            " the hours from 2000-02-01 on are those before it"
        );
    }

    #[test]
    fn dates_are_in_order_and_in_the_range() {
        let unordered = refused("2000-01-04 closed\n2000-01-03 closed");
        assert_eq!(unordered, "7: 2000-01-03 is not after the date of the line before it");
        assert!(refused("2000-01-04 closed\n2000-01-04 closed").starts_with("7: "));
        assert_eq!(refused("1999-12-31 closed"), " 1999-12-31: not in the range");
        assert_eq!(refused("2001-01-01 closed"), " 2001-01-01: not in the range");
        assert_eq!(refused("2000-02-30 closed").split(' ').next(), Some("6:"));
        assert_eq!(
            refused("hours 1999-01-01 MTWTF-- 09:30-17:00"),
            " the first hours are not from 2000-01-01, the first date"
        );
        assert_eq!(refused("hours 2001-01-01 MTWTF-- 09:30-17:00"), " hours from 2001-01-01 on, after the last date");
        let ends_first = format!("{}{HOURS}", HEAD.replace("2000-12-31", "1999-12-31"));
        assert_eq!(Exchange::parse(&ends_first).err().unwrap(), " the range ends on 1999-12-31, before it begins");
    }

    #[test]
    fn times_go_forward_and_a_break_lies_within() {
        for hours in [
            "16:00-09:30",
            "09:30-09:30",
            "09:30-12:00,11:00-16:00",
            "09:30-17:00,18:00-16:00",
            "09:30-09:00,13:00-16:00",
            "09:30-12:00,12:00-16:00",
        ] {
            assert_eq!(refused(&format!("2000-01-03 {hours}")), format!("6: {hours} does not go forward"));
        }
        for hours in
            ["09:30", "09:30-12:00-13:00-16:00", "09:30,12:00-13:00-16:00", "09:30-12:00,13:00-14:00,15:00-16:00"]
        {
            assert!(refused(&format!("2000-01-03 {hours}")).contains("is not HH:MM-HH:MM"), "{hours}");
        }
        for time in ["24:00", "9:30", "09:60", "0930", "+9:30", ""] {
            assert!(refused(&format!("2000-01-03 08:00-{time}")).ends_with(&format!("{time} is not HH:MM")), "{time}");
        }
    }

    #[test]
    fn a_week_has_seven_days_once() {
        assert_eq!(refused("hours 2000-01-01 M------ 09:30-16:00"), "6: a second M from 2000-01-01 on");
        for days in ["SMTWT--", "MTWTF", "mtwtf--", "MTWTF--M"] {
            assert!(refused(&format!("hours 2000-02-01 {days} 09:30-17:00")).contains("is not MTWTFSS"), "{days}");
        }
        assert!(refused("hours 2000-02-01 09:30-17:00").starts_with("6: hours are a date"));
    }

    #[test]
    fn a_zone_is_one_of_the_iana_database() {
        let text = format!("{HEAD}{HOURS}").replace("UTC", "America/Gotham");
        assert_eq!(Exchange::parse(&text).err().unwrap(), " America/Gotham is no zone of the IANA database");
    }

    #[test]
    fn codes_have_the_form_of_a_mic() {
        for code in ["XXX", "xxxx", "XXXXX", "XX-X", "XÄX"] {
            let text = format!("{HEAD}{HOURS}").replace("XXXX", code);
            assert_eq!(
                Exchange::parse(&text).err().unwrap(),
                format!(" {code} is no MIC: four capital letters or digits")
            );
            assert!(refused(&format!("venues XYYY {code}")).contains("is no MIC"), "{code}");
            assert!(refused(&format!("called X={code}")).contains("is no MIC"), "{code}");
        }
        assert_eq!(refused("called X=YYYY"), " X is called YYYY, which is neither the mic nor a venue");
        assert_eq!(refused("called =XXXX"), " =XXXX is not NAME=MIC");
    }

    #[test]
    fn a_word_stands_once_and_is_known() {
        assert_eq!(refused("mic YYYY"), "6: a second mic");
        assert!(refused("holiday").starts_with("6: holiday is neither"));
        for word in ["mic", "name", "zone", "range"] {
            let lines = [HEAD, HOURS].concat();
            let text = lines.lines().filter(|line| !line.starts_with(word)).collect::<Vec<_>>().join("\n");
            assert_eq!(Exchange::parse(&text).err().unwrap(), format!(" no line says {word}"));
        }
        assert_eq!(Exchange::parse(HEAD).err().unwrap(), " the first hours are not from 2000-01-01, the first date");
    }
}
