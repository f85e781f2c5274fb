//! Plain JavaScript objects and errors from Rust's, and back.

use crate::error::{Error, ErrorKind, Place};
use crate::lab::config::{Config, RawConfig};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;

/// An experiment's settings, within their bounds.
pub fn checked(config: JsValue) -> Result<Config, JsValue> {
    taken::<RawConfig>("config", config)?.check().map_err(thrown)
}

/// A plain object as what it should be; `what` names it in the error.
pub fn taken<T: DeserializeOwned>(what: &str, value: JsValue) -> Result<T, JsValue> {
    serde_wasm_bindgen::from_value(value).map_err(|error| {
        thrown(Error::new(ErrorKind::Config, Place::named(what), "a well-formed object", error.to_string()))
    })
}

/// A value as a plain object.
pub fn given<T: Serialize>(value: &T) -> Result<JsValue, JsValue> {
    Ok(value.serialize(&serde_wasm_bindgen::Serializer::json_compatible())?)
}

/// The error as a plain object: what a worker's `postMessage` can carry.
pub fn thrown(error: Error) -> JsValue {
    #[derive(Serialize)]
    struct Thrown<'a> {
        message: String,
        #[serde(flatten)]
        error: &'a Error,
    }
    let plain = Thrown { message: error.to_string(), error: &error };
    given(&plain).unwrap_or_else(|_| JsValue::from_str(&error.to_string()))
}
