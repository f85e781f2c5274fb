//! Plain JavaScript objects and errors from Rust's, and back.

use crate::error::{Error, ErrorKind, Place};
use crate::lab::config::{Config, RawConfig};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;

/// An experiment's settings, within their bounds.
pub fn checked(config: JsValue) -> Result<Config, JsValue> {
    from_js::<RawConfig>("config", config)?.check().map_err(js_error)
}

/// A plain object as what it should be; `what` names it in the error.
pub fn from_js<T: DeserializeOwned>(what: &str, value: JsValue) -> Result<T, JsValue> {
    serde_wasm_bindgen::from_value(value).map_err(|error| {
        js_error(Error::new(ErrorKind::Config, Place::named(what), "a well-formed object", error.to_string()))
    })
}

/// A value as a plain object.
pub fn to_js<T: Serialize>(value: &T) -> Result<JsValue, JsValue> {
    Ok(value.serialize(&serde_wasm_bindgen::Serializer::json_compatible())?)
}

/// The error as a plain object: what a worker's `postMessage` can carry.
pub fn js_error(error: Error) -> JsValue {
    #[derive(Serialize)]
    struct PlainError<'a> {
        message: String,
        #[serde(flatten)]
        error: &'a Error,
    }
    let plain = PlainError { message: error.to_string(), error: &error };
    to_js(&plain).unwrap_or_else(|_| JsValue::from_str(&error.to_string()))
}
