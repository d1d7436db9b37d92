//! What a session carries for the application, and how its shape may change (SPEC §7.3, §7.4).

use alloc::vec::Vec;
use core::fmt;

use crate::wire::claims::Schema;
use crate::wire::structured::{EncodeError, Ends, Unreadable};

/// A type that a session can carry. Implement it with [`payload!`](crate::payload!), in one line.
///
/// postcard is compact because it writes no field names, and so a struct that changed reads an old
/// token as something else, at worst `admin: false` as `admin: true`. A payload type therefore
/// names its shape, its [`SCHEMA`](Self::SCHEMA):
///
/// * `minor` grows when fields were appended after the last field of the outermost struct, each
///   with `#[serde(default)]`, each safe for an older reader to ignore. Readers of either minor
///   read tokens of the other. A field that takes a right away is not safe to ignore: raise
///   `major`.
/// * `major` grows with every other change, also inside nested types. Name the old type as
///   `previous` and write an ordinary `From` for it, and old tokens go on working.
/// * Types reachable from the payload are frozen within a major.
/// * Every field is written and read, or neither (`#[serde(skip)]`): what `skip_serializing_if`
///   leaves out would be read from the bytes of the next field. Sealing refuses that, and a field
///   that is only written or only read. `flatten`, `untagged` and internally tagged enums can't be
///   read back at all.
/// * A `minor` other than 0 is for structs with named fields: nothing else can grow at its end.
///   Sessions over another type with one can't be built.
///
/// [`schema::assert_unchanged`](crate::schema::assert_unchanged) in a test of yours notices a
/// change that forgot the number. Until a type is in production, none of this matters.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a session payload yet",
    note = "write `cloakroom::payload!({Self});` beside a type that derives Serialize and Deserialize",
    note = "a type of another crate needs a struct of your own around it"
)]
pub trait Payload: 'static {
    /// The shape that this type writes.
    const SCHEMA: Schema;

    /// The type as read from a token, which may borrow from it. `Self` for an owned type.
    type View<'b>;

    /// The type of the major before this one, or [`NoPrevious`].
    type Previous: Payload;

    /// Turns a payload of the previous major into one of this.
    fn migrate<'b>(previous: <Self::Previous as Payload>::View<'b>) -> Self::View<'b>;

    /// Writes `value` to the start of `out` and returns the number of bytes.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] when it does not fit or its type can't be written.
    fn encode(value: &Self::View<'_>, out: &mut [u8]) -> Result<usize, EncodeError>;

    /// Reads what [`encode`](Self::encode) wrote, with the slack that `ends` allows.
    ///
    /// # Errors
    ///
    /// [`Unreadable`] when the bytes are not of this shape.
    fn decode(bytes: &[u8], ends: Ends) -> Result<Self::View<'_>, Unreadable>;

    /// Checks what [`encode`](Self::encode) made of `value`, before it is sealed: that it can be
    /// read, and is read as what it was written as. Called for every new payload unless
    /// [`check_payloads`](crate::SessionsBuilder::check_payloads) says otherwise.
    ///
    /// # Errors
    ///
    /// [`Unreadable`]. By default only if [`decode`](Self::decode) fails;
    /// [`payload!`](crate::payload!) also compares the fields.
    fn reads_back(value: &Self::View<'_>, written: &[u8]) -> Result<(), Unreadable> {
        let _ = value;
        Self::decode(written, Ends::Exact).map(drop)
    }

    /// Whether the type may have a minor other than 0 (SPEC §7.4): whether it is a struct with named
    /// fields. [`payload!`](crate::payload!) finds that out; by default it is believed.
    #[must_use]
    fn may_grow() -> bool {
        true
    }

    /// Reads a payload of any schema that this type or one of its previous types understands.
    ///
    /// # Errors
    ///
    /// [`Unreadable`] for an unknown major, and for bytes that are not of the stated shape.
    #[inline]
    fn open(schema: Schema, bytes: &[u8]) -> Result<Opened<Self::View<'_>>, Unreadable> {
        let own = Self::SCHEMA;
        if schema.major() < own.major() {
            let previous = Self::Previous::open(schema, bytes)?;
            return Ok(Opened {
                value: Self::migrate(previous.value),
                newer: previous.newer,
            });
        }
        if schema.major() > own.major() {
            return Err(Unreadable);
        }
        let (ends, newer) = match schema.minor().cmp(&own.minor()) {
            core::cmp::Ordering::Less => (Ends::MayMiss, false),
            core::cmp::Ordering::Equal => (Ends::Exact, false),
            core::cmp::Ordering::Greater => (Ends::MayExceed, true),
        };
        Ok(Opened {
            value: Self::decode(bytes, ends)?,
            newer,
        })
    }
}

/// The schema of a type, or of one before it, whose minor its shape does not allow (SPEC §7.4).
pub(crate) fn outgrown<T: Payload>() -> Option<Schema> {
    let (own, previous) = (T::SCHEMA, T::Previous::SCHEMA);
    if own.minor() > 0 && !T::may_grow() {
        Some(own)
    } else if previous.major() < own.major() {
        outgrown::<T::Previous>()
    } else {
        None
    }
}

/// A payload as read, and whether its writer knew fields that this reader does not.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Opened<V> {
    /// The payload.
    pub value: V,
    /// Whether the writer's minor is newer: such a session can't be updated here, because writing
    /// it back would drop the fields that this reader never saw.
    pub newer: bool,
}

/// A payload type that owns what it holds, so that [`Sessions::verify`](crate::Sessions::verify)
/// can return it. [`payload!`](crate::payload!) implements it for every owned type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` borrows from the token, so it can't outlive it",
    note = "read it with `Sessions::verify_in`, which takes the buffer to borrow from"
)]
pub trait OwnedPayload: for<'b> Payload<View<'b> = Self> + Sized {}

// One by one, not by a blanket implementation over the bound above: the compiler would then fail to
// match lifetimes before it comes to the message that helps.
impl OwnedPayload for () {}
impl OwnedPayload for RawBytes {}
impl OwnedPayload for NoPrevious {}

/// The end of a chain of previous payload types: no token was ever written in one.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_enums, reason = "having no variant is its meaning")]
pub enum NoPrevious {}

impl Payload for NoPrevious {
    const SCHEMA: Schema = Schema::new(0, 0);
    type View<'b> = Self;
    type Previous = Self;

    fn migrate<'b>(previous: Self) -> Self::View<'b> {
        previous
    }

    fn encode(value: &Self, _: &mut [u8]) -> Result<usize, EncodeError> {
        match *value {}
    }

    fn decode(_: &[u8], _: Ends) -> Result<Self, Unreadable> {
        Err(Unreadable)
    }

    fn open(_: Schema, _: &[u8]) -> Result<Opened<Self>, Unreadable> {
        Err(Unreadable)
    }
}

/// Nothing beyond the subject.
impl Payload for () {
    const SCHEMA: Schema = Schema::new(1, 0);
    type View<'b> = ();
    type Previous = NoPrevious;

    fn migrate<'b>(previous: NoPrevious) -> Self::View<'b> {
        match previous {}
    }

    fn encode((): &(), _: &mut [u8]) -> Result<usize, EncodeError> {
        Ok(0)
    }

    fn decode(bytes: &[u8], ends: Ends) -> Result<(), Unreadable> {
        if bytes.is_empty() && ends == Ends::Exact {
            Ok(())
        } else {
            Err(Unreadable)
        }
    }
}

/// Bytes of the application's choosing, as they are: another encoding, or a payload that other
/// languages read. Borrowed; [`RawBytes`] is the owned form.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct RawSlice;

/// Bytes of the application's choosing, as they are. Wiping and redacting them is the caller's.
#[derive(Clone, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "a wrapper whose one field is its meaning"
)]
pub struct RawBytes(pub Vec<u8>);

impl fmt::Debug for RawBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawBytes({} bytes)", self.0.len())
    }
}

fn copy_raw(bytes: &[u8], out: &mut [u8]) -> Result<usize, EncodeError> {
    let space = out.get_mut(..bytes.len()).ok_or(EncodeError::TooLong {
        needed: bytes.len(),
    })?;
    space.copy_from_slice(bytes);
    Ok(bytes.len())
}

impl Payload for RawSlice {
    const SCHEMA: Schema = Schema::new(1, 0);
    type View<'b> = &'b [u8];
    type Previous = NoPrevious;

    fn migrate<'b>(previous: NoPrevious) -> &'b [u8] {
        match previous {}
    }

    fn encode(value: &&[u8], out: &mut [u8]) -> Result<usize, EncodeError> {
        copy_raw(value, out)
    }

    fn decode(bytes: &[u8], ends: Ends) -> Result<&[u8], Unreadable> {
        if ends == Ends::Exact {
            Ok(bytes)
        } else {
            Err(Unreadable)
        }
    }
}

impl Payload for RawBytes {
    const SCHEMA: Schema = Schema::new(1, 0);
    type View<'b> = Self;
    type Previous = NoPrevious;

    fn migrate<'b>(previous: NoPrevious) -> Self::View<'b> {
        match previous {}
    }

    fn encode(value: &Self, out: &mut [u8]) -> Result<usize, EncodeError> {
        copy_raw(&value.0, out)
    }

    fn decode(bytes: &[u8], ends: Ends) -> Result<Self, Unreadable> {
        RawSlice::decode(bytes, ends).map(|bytes| Self(bytes.to_vec()))
    }
}

/// Makes a type a session payload, in one line.
///
/// ```
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct User {
///     name: String,
///     admin: bool,
/// }
/// cloakroom::payload!(User);
/// ```
///
/// With a schema number, once the type has been in production and grows (see
/// [`Payload`](crate::Payload)):
///
/// ```
/// # mod v1 {
/// #     #[derive(serde::Serialize, serde::Deserialize)]
/// #     pub struct User { pub name: String }
/// #     cloakroom::payload!(User);
/// # }
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct User {
///     name: String,
///     roles: Vec<String>,
///     #[serde(default)]
///     locale: Option<String>,
/// }
/// cloakroom::payload!(User, schema = (2, 1), previous = v1::User);
///
/// impl From<v1::User> for User {
///     fn from(old: v1::User) -> Self {
///         Self { name: old.name, roles: Vec::new(), locale: None }
///     }
/// }
/// ```
///
/// The type may be named by its path. One that borrows from the token is named with its lifetime:
///
/// ```
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct User<'a> {
///     name: &'a str,
/// }
/// cloakroom::payload!(User<'_>);
/// ```
///
/// Written as `User<'a>` it does not compile, and the message says what to write:
///
/// ```compile_fail
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct User<'a> {
///     name: &'a str,
/// }
/// cloakroom::payload!(User<'a>);
/// ```
#[macro_export]
macro_rules! payload {
    ($($type:ident)::+) => {
        $crate::payload!($($type)::+, schema = (1, 0));
    };
    ($($type:ident)::+<'_>) => {
        $crate::payload!($($type)::+<'_>, schema = (1, 0));
    };
    ($($type:ident)::+, schema = ($major:expr, $minor:expr)) => {
        $crate::payload!(@impl $($type)::+, $($type)::+, $major, $minor, $crate::NoPrevious, previous, match previous {});
        impl $crate::OwnedPayload for $($type)::+ {}
    };
    ($($type:ident)::+<'_>, schema = ($major:expr, $minor:expr)) => {
        $crate::payload!(@impl $($type)::+<'static>, $($type)::+<'b>, $major, $minor, $crate::NoPrevious, previous, match previous {});
    };
    ($($type:ident)::+, schema = ($major:expr, $minor:expr), previous = $previous:ty) => {
        $crate::payload!(@impl $($type)::+, $($type)::+, $major, $minor, $previous, previous, ::core::convert::From::from(previous));
        impl $crate::OwnedPayload for $($type)::+ {}
        const _: () = assert!(
            <$previous as $crate::Payload>::SCHEMA.major() < $major,
            "a previous payload type has a smaller major"
        );
    };
    ($($type:ident)::+<'_>, schema = ($major:expr, $minor:expr), previous = $previous:ty) => {
        $crate::payload!(@impl $($type)::+<'static>, $($type)::+<'b>, $major, $minor, $previous, previous, ::core::convert::From::from(previous));
        const _: () = assert!(
            <$previous as $crate::Payload>::SCHEMA.major() < $major,
            "a previous payload type has a smaller major"
        );
    };
    ($($type:ident)::+<$named:lifetime> $($rest:tt)*) => {
        ::core::compile_error!("a type that borrows from the token is written with '_ for its lifetime");
    };
    (@impl $self:ty, $view:ty, $major:expr, $minor:expr, $previous:ty, $arg:ident, $migrate:expr) => {
        impl $crate::Payload for $self {
            const SCHEMA: $crate::Schema = $crate::Schema::new($major, $minor);
            type View<'b> = $view;
            type Previous = $previous;

            fn migrate<'b>(
                $arg: <$previous as $crate::Payload>::View<'b>,
            ) -> Self::View<'b> {
                $migrate
            }

            fn encode(
                value: &Self::View<'_>,
                out: &mut [u8],
            ) -> ::core::result::Result<usize, $crate::schema::EncodeError> {
                $crate::__private::encode_postcard(value, out)
            }

            #[inline]
            fn decode(
                bytes: &[u8],
                ends: $crate::schema::Ends,
            ) -> ::core::result::Result<Self::View<'_>, $crate::schema::Unreadable> {
                $crate::__private::decode_postcard(bytes, ends)
            }

            fn reads_back(
                value: &Self::View<'_>,
                written: &[u8],
            ) -> ::core::result::Result<(), $crate::schema::Unreadable> {
                $crate::__private::reads_back::<_, Self::View<'_>>(value, written)
            }

            fn may_grow() -> bool {
                $crate::__private::is_struct::<Self::View<'static>>()
            }
        }
    };
}
