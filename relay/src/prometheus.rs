//! Questions to Prometheus.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use seamark_kit::upstream::Target;
use serde::Deserialize;

use crate::alert::Labels;
use crate::api::{ApiError, Server};

/// For one question: whoever waits for a report or a bot's answer gives up soon after.
const DEADLINE: Duration = Duration::from_secs(10);

/// One number with its labels.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// What it is about.
    pub labels: Labels,
    /// May be `NaN` or infinite.
    pub value: f64,
}

/// Numbers over a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// What they are about.
    pub labels: Labels,
    /// In the order of time; where there was none, none stands.
    pub points: Vec<(Timestamp, f64)>,
}

/// One Prometheus; a clone is another handle to it.
#[derive(Debug, Clone)]
pub struct Prometheus(Server);

impl Prometheus {
    /// `shared` serves all that have no TLS settings of their own.
    ///
    /// # Errors
    ///
    /// When its TLS cannot be set up.
    pub fn new(target: Target, shared: &reqwest::Client) -> Result<Self, String> {
        Server::new(target, shared).map(Self)
    }

    /// What an expression was at a moment. A scalar is one sample without labels.
    ///
    /// # Errors
    ///
    /// See [`ApiError`].
    pub async fn instant(&self, query: &str, at: Timestamp) -> Result<Vec<Sample>, ApiError> {
        let answer = self.ask("/api/v1/query", &[("query", query), ("time", &seconds(at))]).await?;
        Ok(match answer {
            Data::Vector(all) => all.into_iter().map(InstantSeries::sample).collect(),
            Data::Scalar((_, Value(value))) => vec![Sample { labels: Labels::new(), value }],
            Data::Matrix(_) | Data::String(_) => Vec::new(),
        })
    }

    /// What an expression was over a time. Prometheus refuses more than 11,000 steps.
    ///
    /// # Errors
    ///
    /// See [`ApiError`].
    pub async fn range(
        &self,
        query: &str,
        from: Timestamp,
        to: Timestamp,
        step: Duration,
    ) -> Result<Vec<Series>, ApiError> {
        let step = step.as_secs_f64().to_string();
        let asked = [("query", query), ("start", &seconds(from)), ("end", &seconds(to)), ("step", &step)];
        Ok(match self.ask("/api/v1/query_range", &asked).await? {
            Data::Matrix(all) => all.into_iter().map(RangeSeries::series).collect(),
            Data::Vector(_) | Data::Scalar(_) | Data::String(_) => Vec::new(),
        })
    }

    /// The error of one that has not answered for so long.
    pub(crate) fn silent(&self, waited: Duration) -> ApiError {
        self.0.silent(waited)
    }

    /// In the body, for URLs are cut where they are long.
    async fn ask(&self, path: &str, asked: &[(&str, &str)]) -> Result<Data, ApiError> {
        let url = self.0.at(path);
        let mut form = url.clone();
        form.query_pairs_mut().extend_pairs(asked).append_pair("timeout", &format!("{}s", DEADLINE.as_secs()));
        let body = form.query().unwrap_or_default().to_owned();
        let answer: Answer = self
            .0
            .json(Method::POST, url, DEADLINE, |request| {
                request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body)
            })
            .await?;
        Ok(answer.data)
    }
}

fn seconds(at: Timestamp) -> String {
    format!("{:.3}", at.as_duration().as_secs_f64())
}

#[derive(Deserialize)]
struct Answer {
    data: Data,
}

#[derive(Deserialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
enum Data {
    Vector(Vec<InstantSeries>),
    Matrix(Vec<RangeSeries>),
    Scalar(Point),
    String(serde::de::IgnoredAny),
}

type Point = (f64, Value);

#[derive(Deserialize)]
struct InstantSeries {
    metric: BTreeMap<String, String>,
    value: Point,
}

impl InstantSeries {
    fn sample(self) -> Sample {
        Sample { labels: self.metric, value: self.value.1.0 }
    }
}

#[derive(Deserialize)]
struct RangeSeries {
    metric: BTreeMap<String, String>,
    values: Vec<Point>,
}

impl RangeSeries {
    fn series(self) -> Series {
        let point = |(at, Value(value)): Point| {
            // Milliseconds are all that Prometheus knows.
            Some((Timestamp::from_millisecond((at * 1000.0).round() as i64).ok()?, value))
        };
        Series { labels: self.metric, points: self.values.into_iter().filter_map(point).collect() }
    }
}

/// Prometheus writes numbers as texts, because JSON knows neither `NaN` nor `+Inf`.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Value(f64);

impl TryFrom<String> for Value {
    type Error = std::num::ParseFloatError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(text: &str) -> Data {
        serde_json::from_str::<Answer>(text).unwrap().data
    }

    #[test]
    fn answers_are_read_with_numbers_that_json_does_not_know() {
        let vector = r#"{"status":"success","data":{"resultType":"vector","result":[
            {"metric":{"instance":"a"},"value":[1700000000.5,"0.25"]},{"metric":{},"value":[1,"+Inf"]}]}}"#;
        let Data::Vector(all) = data(vector) else { panic!("no vector") };
        let all: Vec<_> = all.into_iter().map(InstantSeries::sample).collect();
        assert_eq!((all[0].value, all[0].labels["instance"].as_str(), all[1].value), (0.25, "a", f64::INFINITY));
        let matrix = r#"{"status":"success","data":{"resultType":"matrix","result":[
            {"metric":{},"values":[[1700000000.25,"1e3"],[1700000060.25,"NaN"]]}]}}"#;
        let Data::Matrix(all) = data(matrix) else { panic!("no matrix") };
        let series: Vec<_> = all.into_iter().map(RangeSeries::series).collect();
        assert_eq!(series[0].points[0], ("2023-11-14T22:13:20.25Z".parse().unwrap(), 1000.0));
        assert!(series[0].points[1].1.is_nan());
        assert!(
            serde_json::from_str::<Answer>(
                r#"{"data":{"resultType":"vector","result":[{"metric":{},"value":[1,"x"]}]}}"#
            )
            .is_err()
        );
    }

    #[test]
    fn moments_are_seconds_with_milliseconds() {
        assert_eq!(seconds("2023-11-14T22:13:20.25Z".parse().unwrap()), "1700000000.250");
    }
}
