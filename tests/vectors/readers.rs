//! The payload type that a vector's reader names.

/// Runs `$body` with the payload type `$name` that a vector's reader names.
macro_rules! with_reader {
    ($vector:expr, $name:ident => $body:expr) => {{
        use $crate::shapes::*;
        let reader = $vector.input("reader");
        let number = |name: &str| reader[name].as_u64().unwrap();
        match (
            reader["shape"].as_str().unwrap(),
            number("major"),
            number("minor"),
        ) {
            ("user", 0, 0) => {
                type $name = At<User, 0, 0>;
                $body
            }
            ("user", 1, 0) => {
                type $name = At<User, 1, 0>;
                $body
            }
            ("user", 7, 0) => {
                type $name = At<User, 7, 0>;
                $body
            }
            ("user", 300, 0) => {
                type $name = At<User, 300, 0>;
                $body
            }
            ("user", 4294967295, 0) => {
                type $name = At<User, 4294967295, 0>;
                $body
            }
            ("user-1", 1, 1) => {
                type $name = At<User1, 1, 1>;
                $body
            }
            ("user-2", 1, 2) => {
                type $name = At<User2, 1, 2>;
                $body
            }
            ("limits-1", 1, 1) => {
                type $name = At<Limits1, 1, 1>;
                $body
            }
            ("limits-2", 1, 2) => {
                type $name = At<Limits2, 1, 2>;
                $body
            }
            ("tree", 1, 0) => {
                type $name = At<Tree, 1, 0>;
                $body
            }
            ("units", 1, 0) => {
                type $name = At<Units, 1, 0>;
                $body
            }
            ("bounds", 1, 0) => {
                type $name = At<Bounds, 1, 0>;
                $body
            }
            ("chain", 1, 0) => {
                type $name = At<Chain, 1, 0>;
                $body
            }
            ("choice", 1, 0) => {
                type $name = At<Choice, 1, 0>;
                $body
            }
            ("kinds", 1, 0) => {
                type $name = At<Kinds, 1, 0>;
                $body
            }
            ("raw", 0, 0) => {
                type $name = At<Raw, 0, 0>;
                $body
            }
            ("raw", 1, 0) => {
                type $name = At<Raw, 1, 0>;
                $body
            }
            ("raw", 300, 0) => {
                type $name = At<Raw, 300, 0>;
                $body
            }
            other => panic!("no type for the reader {other:?}"),
        }
    }};
}
pub(crate) use with_reader;
