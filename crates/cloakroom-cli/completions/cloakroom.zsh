#compdef cloakroom

autoload -U is-at-least

_cloakroom() {
    typeset -A opt_args
    typeset -a _arguments_options
    local ret=1

    if is-at-least 5.2; then
        _arguments_options=(-s -S -C)
    else
        _arguments_options=(-s -C)
    fi

    local context curcontext="$curcontext" state line
    _arguments "${_arguments_options[@]}" : \
'--json[Answer with one JSON document on standard output]' \
'-h[Print help]' \
'--help[Print help]' \
'-V[Print version]' \
'--version[Print version]' \
":: :_cloakroom_commands" \
"*::: :->cloakroom" \
&& ret=0
    case $state in
    (cloakroom)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:cloakroom-command-$line[1]:"
        case $line[1] in
            (keys)
_arguments "${_arguments_options[@]}" : \
'--json[Answer with one JSON document on standard output]' \
'-h[Print help]' \
'--help[Print help]' \
":: :_cloakroom__subcmd__keys_commands" \
"*::: :->keys" \
&& ret=0

    case $state in
    (keys)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:cloakroom-keys-command-$line[1]:"
        case $line[1] in
            (new)
_arguments "${_arguments_options[@]}" : \
'--max-lifetime=[The longest life of a token\: the shorter one of idle and absolute timeout, or more]:DURATION:_default' \
'--rollout=[How long a new file may take to reach every server, differences of clocks included]:DURATION:_default' \
'--note=[A note behind the key\: who made it, why]:TEXT:_default' \
'(--password-fd)--password-file=[Read the password of a wrapped ring file from this file, mode 600; asked for otherwise]:FILE:_files' \
'--password-fd=[Read the password of a wrapped ring file from this open descriptor]:NUMBER:_default' \
'--wrap[Wrap the file with a password]' \
'--force[Overwrite a file that is there]' \
'--json[Answer with one JSON document on standard output]' \
'-h[Print help]' \
'--help[Print help]' \
':file -- The file to make, mode 600:_files' \
&& ret=0
;;
(add)
_arguments "${_arguments_options[@]}" : \
'--at=[When the new key seals, instead of the earliest time that is safe]:TIME:_default' \
'--note=[A note behind the key\: who made it, why]:TEXT:_default' \
'(--password-fd)--password-file=[Read the password of a wrapped ring file from this file, mode 600; asked for otherwise]:FILE:_files' \
'--password-fd=[Read the password of a wrapped ring file from this open descriptor]:NUMBER:_default' \
'--force[Let the key seal before every server can have it, which refuses tokens]' \
'--json[Answer with one JSON document on standard output]' \
'-h[Print help]' \
'--help[Print help]' \
':file -- The ring file:_files' \
&& ret=0
;;
(list)
_arguments "${_arguments_options[@]}" : \
'--at=[As of another time than now]:TIME:_default' \
'(--password-fd)--password-file=[Read the password of a wrapped ring file from this file, mode 600; asked for otherwise]:FILE:_files' \
'--password-fd=[Read the password of a wrapped ring file from this open descriptor]:NUMBER:_default' \
'--json[Answer with one JSON document on standard output]' \
'-h[Print help]' \
'--help[Print help]' \
':file -- The ring file:_files' \
&& ret=0
;;
(plan)
_arguments "${_arguments_options[@]}" : \
'--at=[As of another time than now]:TIME:_default' \
'(--password-fd)--password-file=[Read the password of a wrapped ring file from this file, mode 600; asked for otherwise]:FILE:_files' \
'--password-fd=[Read the password of a wrapped ring file from this open descriptor]:NUMBER:_default' \
'--json[Answer with one JSON document on standard output]' \
'-h[Print help]' \
'--help[Print help]' \
':file -- The ring file:_files' \
&& ret=0
;;
(retire)
_arguments "${_arguments_options[@]}" : \
'(--done)--at=[Keep the key and write down that it retires at this time, instead of the computed one]:TIME:_default' \
'(--password-fd)--password-file=[Read the password of a wrapped ring file from this file, mode 600; asked for otherwise]:FILE:_files' \
'--password-fd=[Read the password of a wrapped ring file from this open descriptor]:NUMBER:_default' \
'--done[Take out all keys that are retired already]' \
'--force[Do so while tokens under the key may be alive\: whoever holds one is logged out]' \
'--json[Answer with one JSON document on standard output]' \
'-h[Print help]' \
'--help[Print help]' \
':file -- The ring file:_files' \
'::key -- The id of the key\: eight hex digits:_default' \
&& ret=0
;;
(disable)
_arguments "${_arguments_options[@]}" : \
'(--no-replacement)--note=[A note behind the fresh key]:TEXT:_default' \
'(--password-fd)--password-file=[Read the password of a wrapped ring file from this file, mode 600; asked for otherwise]:FILE:_files' \
'--password-fd=[Read the password of a wrapped ring file from this open descriptor]:NUMBER:_default' \
'--all[Disable every key of the file, the retired ones too, and add one that seals at once]' \
'--no-replacement[Add no fresh key. Servers take no ring that nothing seals with]' \
'--force[Write the file although servers will not take it, because no key seals]' \
'--json[Answer with one JSON document on standard output]' \
'-h[Print help]' \
'--help[Print help]' \
':file -- The ring file:_files' \
'::key -- The id of the key\: eight hex digits:_default' \
&& ret=0
;;
(check)
_arguments "${_arguments_options[@]}" : \
'--before=[The ring that servers have now\: would they take this one?]:FILE:_files' \
'--at=[As of another time than now]:TIME:_default' \
'--token-lifetime=[The longest life of a token; that of the ring, if not given]:DURATION:_default' \
'--leeway=[What servers add to a deadline]:DURATION:_default' \
'--clock-difference=[The greatest difference of two clocks]:DURATION:_default' \
'--reload=[The longest time between two looks of a server at its ring file]:DURATION:_default' \
'(--password-fd)--password-file=[Read the password of a wrapped ring file from this file, mode 600; asked for otherwise]:FILE:_files' \
'--password-fd=[Read the password of a wrapped ring file from this open descriptor]:NUMBER:_default' \
'--json[Answer with one JSON document on standard output]' \
'-h[Print help]' \
'--help[Print help]' \
':file -- The ring file:_files' \
&& ret=0
;;
(wrap)
_arguments "${_arguments_options[@]}" : \
'(--password-fd)--password-file=[Read the password of a wrapped ring file from this file, mode 600; asked for otherwise]:FILE:_files' \
'--password-fd=[Read the password of a wrapped ring file from this open descriptor]:NUMBER:_default' \
'--force[Overwrite a file that is there]' \
'--json[Answer with one JSON document on standard output]' \
'-h[Print help]' \
'--help[Print help]' \
':file -- The ring file to read:_files' \
':out -- The file to make, mode 600:_files' \
&& ret=0
;;
(unwrap)
_arguments "${_arguments_options[@]}" : \
'(--password-fd)--password-file=[Read the password of a wrapped ring file from this file, mode 600; asked for otherwise]:FILE:_files' \
'--password-fd=[Read the password of a wrapped ring file from this open descriptor]:NUMBER:_default' \
'--force[Overwrite a file that is there]' \
'--json[Answer with one JSON document on standard output]' \
'-h[Print help]' \
'--help[Print help]' \
':file -- The ring file to read:_files' \
':out -- The file to make, mode 600:_files' \
&& ret=0
;;
(derive)
_arguments "${_arguments_options[@]}" : \
'--purpose=[The purpose that the service is set up with]:TEXT:_default' \
'--audience=[The audience that the service is set up with; may be empty]:TEXT:_default' \
'(--password-fd)--password-file=[Read the password of a wrapped ring file from this file, mode 600; asked for otherwise]:FILE:_files' \
'--password-fd=[Read the password of a wrapped ring file from this open descriptor]:NUMBER:_default' \
'--force[Overwrite a file that is there, as after a change of the ring]' \
'--json[Answer with one JSON document on standard output]' \
'-h[Print help]' \
'--help[Print help]' \
':file -- The ring file with the root keys:_files' \
':out -- The file to make, mode 600:_files' \
&& ret=0
;;
(feed-key)
_arguments "${_arguments_options[@]}" : \
'--force[Overwrite a file that is there]' \
'--json[Answer with one JSON document on standard output]' \
'-h[Print help]' \
'--help[Print help]' \
':file -- The file to make, mode 600:_files' \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
":: :_cloakroom__subcmd__keys__subcmd__help_commands" \
"*::: :->help" \
&& ret=0

    case $state in
    (help)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:cloakroom-keys-help-command-$line[1]:"
        case $line[1] in
            (new)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(add)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(list)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(plan)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(retire)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(disable)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(check)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(wrap)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(unwrap)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(derive)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(feed-key)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
        esac
    ;;
esac
;;
(inspect)
_arguments "${_arguments_options[@]}" : \
'--json[Answer with one JSON document on standard output]' \
'-h[Print help]' \
'--help[Print help]' \
&& ret=0
;;
(open)
_arguments "${_arguments_options[@]}" : \
'--ring=[The ring file]:FILE:_files' \
'--purpose=[The purpose that the servers are set up with, such as \`session\`]:TEXT:_default' \
'--audience=[The audience that the servers are set up with; may be empty]:TEXT:_default' \
'--binding=[What the token is bound to, if the servers bind tokens]:TEXT:_default' \
'--binding-hex=[The same as hex digits]:HEX:_default' \
'--at=[As of another time than now]:TIME:_default' \
'--schema=[The description of the payload]:FILE:_files' \
'--store=[Look at the revocations in this store, too]:FILE:_files' \
'--idle-timeout=[The idle timeout of the servers, if it is shorter than that of the token]:DURATION:_default' \
'--absolute-timeout=[The absolute timeout of the servers, if it is shorter than that of the token]:DURATION:_default' \
'--leeway=[What the servers add to a deadline]:DURATION:_default' \
'--tolerance=[By how much a token may start in the future]:DURATION:_default' \
'(--password-fd)--password-file=[Read the password of a wrapped ring file from this file, mode 600; asked for otherwise]:FILE:_files' \
'--password-fd=[Read the password of a wrapped ring file from this open descriptor]:NUMBER:_default' \
'--json[Answer with one JSON document on standard output]' \
'-h[Print help]' \
'--help[Print help]' \
&& ret=0
;;
(seal)
_arguments "${_arguments_options[@]}" : \
'--ring=[The ring file]:FILE:_files' \
'--purpose=[The purpose that the servers are set up with, such as \`session\`]:TEXT:_default' \
'--audience=[The audience that the servers are set up with; may be empty]:TEXT:_default' \
'--binding=[What the token is bound to, if the servers bind tokens]:TEXT:_default' \
'--binding-hex=[The same as hex digits]:HEX:_default' \
'--subject=[Whose session it is]:TEXT:_default' \
'--idle=[The idle timeout; none if not given]:DURATION:_default' \
'--absolute=[The absolute timeout, at most the ring'\''s max-lifetime where there is no idle timeout]:DURATION:_default' \
'--at=[As of another time than now]:TIME:_default' \
'--payload=[A file with the payload, or \`-\`\: hex digits, or JSON where there is a --schema]:FILE:_files' \
'--schema=[The description of the payload]:FILE:_files' \
'(--schema)--schema-number=[The schema number of a payload in hex digits]:MAJOR.MINOR:_default' \
'--session=[The session id; random if not given]:ID:_default' \
'--generation=[The generation]:NUMBER:_default' \
'(--password-fd)--password-file=[Read the password of a wrapped ring file from this file, mode 600; asked for otherwise]:FILE:_files' \
'--password-fd=[Read the password of a wrapped ring file from this open descriptor]:NUMBER:_default' \
'--json[Answer with one JSON document on standard output]' \
'-h[Print help]' \
'--help[Print help]' \
&& ret=0
;;
(revoke)
_arguments "${_arguments_options[@]}" : \
'--store=[The store of one machine. The server that has it open must be stopped]:FILE:_files' \
'(--store)--feed=[The engine of a feed\: redis\://HOST/ or postgres\://USER@HOST/DATABASE, without a password]:ADDRESS:_default' \
'(--store --feed)--feed-file=[A file, mode 600, with the address of the engine of a feed, which may hold a password]:FILE:_files' \
'*--feed-key-file=[The file, mode 600, with the key of the feed (clkfeed1...). Give two while the servers change it\: the one that they write with, then the other one that they accept]:FILE:_files' \
'--realm=[The realm of the feed, as the servers are set up with]:NAME:_default' \
'--max-lifetime=[How long tokens live at most, for as long a feed keeps the entry; or give --ring]:DURATION:_default' \
'--ring=[The ring file\: for \`token\`, and for its max-lifetime]:FILE:_files' \
'--wait=[How long to wait for the engine]:DURATION:_default' \
'(--password-fd)--password-file=[Read the password of a wrapped ring file from this file, mode 600; asked for otherwise]:FILE:_files' \
'--password-fd=[Read the password of a wrapped ring file from this open descriptor]:NUMBER:_default' \
'--replicas=[Report \`replicated\` once so many further machines of the engine have it]:NUMBER:_default' \
'--bound=[The staleness bound that the servers of the feed are set up with]:DURATION:_default' \
'--force[Begin a new store, or a new feed, where there is none]' \
'--json[Answer with one JSON document on standard output]' \
'-h[Print help]' \
'--help[Print help]' \
":: :_cloakroom__subcmd__revoke_commands" \
"*::: :->revoke" \
&& ret=0

    case $state in
    (revoke)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:cloakroom-revoke-command-$line[1]:"
        case $line[1] in
            (session)
_arguments "${_arguments_options[@]}" : \
'--store=[The store of one machine. The server that has it open must be stopped]:FILE:_files' \
'(--store)--feed=[The engine of a feed\: redis\://HOST/ or postgres\://USER@HOST/DATABASE, without a password]:ADDRESS:_default' \
'(--store --feed)--feed-file=[A file, mode 600, with the address of the engine of a feed, which may hold a password]:FILE:_files' \
'*--feed-key-file=[The file, mode 600, with the key of the feed (clkfeed1...). Give two while the servers change it\: the one that they write with, then the other one that they accept]:FILE:_files' \
'--realm=[The realm of the feed, as the servers are set up with]:NAME:_default' \
'--max-lifetime=[How long tokens live at most, for as long a feed keeps the entry; or give --ring]:DURATION:_default' \
'--ring=[The ring file\: for \`token\`, and for its max-lifetime]:FILE:_files' \
'--wait=[How long to wait for the engine]:DURATION:_default' \
'(--password-fd)--password-file=[Read the password of a wrapped ring file from this file, mode 600; asked for otherwise]:FILE:_files' \
'--password-fd=[Read the password of a wrapped ring file from this open descriptor]:NUMBER:_default' \
'--replicas=[Report \`replicated\` once so many further machines of the engine have it]:NUMBER:_default' \
'--bound=[The staleness bound that the servers of the feed are set up with]:DURATION:_default' \
'--force[Begin a new store, or a new feed, where there is none]' \
'--json[Answer with one JSON document on standard output]' \
'-h[Print help]' \
'--help[Print help]' \
':id -- The id\: 32 hex digits, as `open` shows it:_default' \
&& ret=0
;;
(subject)
_arguments "${_arguments_options[@]}" : \
'(--before)--except=[But not this session]:ID:_default' \
'--before=[Only those that started before this time]:TIME:_default' \
'--store=[The store of one machine. The server that has it open must be stopped]:FILE:_files' \
'(--store)--feed=[The engine of a feed\: redis\://HOST/ or postgres\://USER@HOST/DATABASE, without a password]:ADDRESS:_default' \
'(--store --feed)--feed-file=[A file, mode 600, with the address of the engine of a feed, which may hold a password]:FILE:_files' \
'*--feed-key-file=[The file, mode 600, with the key of the feed (clkfeed1...). Give two while the servers change it\: the one that they write with, then the other one that they accept]:FILE:_files' \
'--realm=[The realm of the feed, as the servers are set up with]:NAME:_default' \
'--max-lifetime=[How long tokens live at most, for as long a feed keeps the entry; or give --ring]:DURATION:_default' \
'--ring=[The ring file\: for \`token\`, and for its max-lifetime]:FILE:_files' \
'--wait=[How long to wait for the engine]:DURATION:_default' \
'(--password-fd)--password-file=[Read the password of a wrapped ring file from this file, mode 600; asked for otherwise]:FILE:_files' \
'--password-fd=[Read the password of a wrapped ring file from this open descriptor]:NUMBER:_default' \
'--replicas=[Report \`replicated\` once so many further machines of the engine have it]:NUMBER:_default' \
'--bound=[The staleness bound that the servers of the feed are set up with]:DURATION:_default' \
'--force[Begin a new store, or a new feed, where there is none]' \
'--json[Answer with one JSON document on standard output]' \
'-h[Print help]' \
'--help[Print help]' \
':subject -- The subject, as the servers write it into tokens:_default' \
&& ret=0
;;
(token)
_arguments "${_arguments_options[@]}" : \
'--purpose=[The purpose that the servers are set up with, such as \`session\`]:TEXT:_default' \
'--audience=[The audience that the servers are set up with; may be empty]:TEXT:_default' \
'--binding=[What the token is bound to, if the servers bind tokens]:TEXT:_default' \
'--binding-hex=[The same as hex digits]:HEX:_default' \
'--store=[The store of one machine. The server that has it open must be stopped]:FILE:_files' \
'(--store)--feed=[The engine of a feed\: redis\://HOST/ or postgres\://USER@HOST/DATABASE, without a password]:ADDRESS:_default' \
'(--store --feed)--feed-file=[A file, mode 600, with the address of the engine of a feed, which may hold a password]:FILE:_files' \
'*--feed-key-file=[The file, mode 600, with the key of the feed (clkfeed1...). Give two while the servers change it\: the one that they write with, then the other one that they accept]:FILE:_files' \
'--realm=[The realm of the feed, as the servers are set up with]:NAME:_default' \
'--max-lifetime=[How long tokens live at most, for as long a feed keeps the entry; or give --ring]:DURATION:_default' \
'--ring=[The ring file\: for \`token\`, and for its max-lifetime]:FILE:_files' \
'--wait=[How long to wait for the engine]:DURATION:_default' \
'(--password-fd)--password-file=[Read the password of a wrapped ring file from this file, mode 600; asked for otherwise]:FILE:_files' \
'--password-fd=[Read the password of a wrapped ring file from this open descriptor]:NUMBER:_default' \
'--replicas=[Report \`replicated\` once so many further machines of the engine have it]:NUMBER:_default' \
'--bound=[The staleness bound that the servers of the feed are set up with]:DURATION:_default' \
'--force[Begin a new store, or a new feed, where there is none]' \
'--json[Answer with one JSON document on standard output]' \
'-h[Print help]' \
'--help[Print help]' \
&& ret=0
;;
(key)
_arguments "${_arguments_options[@]}" : \
'--purpose=[The purpose that the servers are set up with, such as \`session\`]:TEXT:_default' \
'--audience=[The audience that the servers are set up with; may be empty]:TEXT:_default' \
'--store=[The store of one machine. The server that has it open must be stopped]:FILE:_files' \
'(--store)--feed=[The engine of a feed\: redis\://HOST/ or postgres\://USER@HOST/DATABASE, without a password]:ADDRESS:_default' \
'(--store --feed)--feed-file=[A file, mode 600, with the address of the engine of a feed, which may hold a password]:FILE:_files' \
'*--feed-key-file=[The file, mode 600, with the key of the feed (clkfeed1...). Give two while the servers change it\: the one that they write with, then the other one that they accept]:FILE:_files' \
'--realm=[The realm of the feed, as the servers are set up with]:NAME:_default' \
'--max-lifetime=[How long tokens live at most, for as long a feed keeps the entry; or give --ring]:DURATION:_default' \
'--ring=[The ring file\: for \`token\`, and for its max-lifetime]:FILE:_files' \
'--wait=[How long to wait for the engine]:DURATION:_default' \
'(--password-fd)--password-file=[Read the password of a wrapped ring file from this file, mode 600; asked for otherwise]:FILE:_files' \
'--password-fd=[Read the password of a wrapped ring file from this open descriptor]:NUMBER:_default' \
'--replicas=[Report \`replicated\` once so many further machines of the engine have it]:NUMBER:_default' \
'--bound=[The staleness bound that the servers of the feed are set up with]:DURATION:_default' \
'--force[Begin a new store, or a new feed, where there is none]' \
'--json[Answer with one JSON document on standard output]' \
'-h[Print help]' \
'--help[Print help]' \
':key -- The id of the key\: eight hex digits:_default' \
&& ret=0
;;
(all)
_arguments "${_arguments_options[@]}" : \
'--purpose=[The purpose that the servers are set up with, such as \`session\`]:TEXT:_default' \
'--audience=[The audience that the servers are set up with; may be empty]:TEXT:_default' \
'--before=[Only those that started before this time]:TIME:_default' \
'--store=[The store of one machine. The server that has it open must be stopped]:FILE:_files' \
'(--store)--feed=[The engine of a feed\: redis\://HOST/ or postgres\://USER@HOST/DATABASE, without a password]:ADDRESS:_default' \
'(--store --feed)--feed-file=[A file, mode 600, with the address of the engine of a feed, which may hold a password]:FILE:_files' \
'*--feed-key-file=[The file, mode 600, with the key of the feed (clkfeed1...). Give two while the servers change it\: the one that they write with, then the other one that they accept]:FILE:_files' \
'--realm=[The realm of the feed, as the servers are set up with]:NAME:_default' \
'--max-lifetime=[How long tokens live at most, for as long a feed keeps the entry; or give --ring]:DURATION:_default' \
'--ring=[The ring file\: for \`token\`, and for its max-lifetime]:FILE:_files' \
'--wait=[How long to wait for the engine]:DURATION:_default' \
'(--password-fd)--password-file=[Read the password of a wrapped ring file from this file, mode 600; asked for otherwise]:FILE:_files' \
'--password-fd=[Read the password of a wrapped ring file from this open descriptor]:NUMBER:_default' \
'--replicas=[Report \`replicated\` once so many further machines of the engine have it]:NUMBER:_default' \
'--bound=[The staleness bound that the servers of the feed are set up with]:DURATION:_default' \
'--force[Begin a new store, or a new feed, where there is none]' \
'--json[Answer with one JSON document on standard output]' \
'-h[Print help]' \
'--help[Print help]' \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
":: :_cloakroom__subcmd__revoke__subcmd__help_commands" \
"*::: :->help" \
&& ret=0

    case $state in
    (help)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:cloakroom-revoke-help-command-$line[1]:"
        case $line[1] in
            (session)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(subject)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(token)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(key)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(all)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
        esac
    ;;
esac
;;
(revocations)
_arguments "${_arguments_options[@]}" : \
'--store=[The store of one machine. The server that has it open must be stopped]:FILE:_files' \
'(--store)--feed=[The engine of a feed\: redis\://HOST/ or postgres\://USER@HOST/DATABASE, without a password]:ADDRESS:_default' \
'(--store --feed)--feed-file=[A file, mode 600, with the address of the engine of a feed, which may hold a password]:FILE:_files' \
'*--feed-key-file=[The file, mode 600, with the key of the feed (clkfeed1...). Give two while the servers change it\: the one that they write with, then the other one that they accept]:FILE:_files' \
'--realm=[The realm of the feed, as the servers are set up with]:NAME:_default' \
'--max-lifetime=[How long tokens live at most, for as long a feed keeps the entry; or give --ring]:DURATION:_default' \
'--ring=[The ring file\: for \`token\`, and for its max-lifetime]:FILE:_files' \
'--wait=[How long to wait for the engine]:DURATION:_default' \
'(--password-fd)--password-file=[Read the password of a wrapped ring file from this file, mode 600; asked for otherwise]:FILE:_files' \
'--password-fd=[Read the password of a wrapped ring file from this open descriptor]:NUMBER:_default' \
'--json[Answer with one JSON document on standard output]' \
'-h[Print help]' \
'--help[Print help]' \
&& ret=0
;;
(vectors)
_arguments "${_arguments_options[@]}" : \
'--json[Answer with one JSON document on standard output]' \
'-h[Print help]' \
'--help[Print help]' \
":: :_cloakroom__subcmd__vectors_commands" \
"*::: :->vectors" \
&& ret=0

    case $state in
    (vectors)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:cloakroom-vectors-command-$line[1]:"
        case $line[1] in
            (verify)
_arguments "${_arguments_options[@]}" : \
'--json[Answer with one JSON document on standard output]' \
'-h[Print help]' \
'--help[Print help]' \
'*::files -- Files of vectors in the form of SPEC section 16:_files' \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
":: :_cloakroom__subcmd__vectors__subcmd__help_commands" \
"*::: :->help" \
&& ret=0

    case $state in
    (help)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:cloakroom-vectors-help-command-$line[1]:"
        case $line[1] in
            (verify)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
        esac
    ;;
esac
;;
(bench)
_arguments "${_arguments_options[@]}" : \
'--time=[How long to measure, all in all]:DURATION:_default' \
'--payload=[Bytes of payload in a token]:BYTES:_default' \
'--json[Answer with one JSON document on standard output]' \
'-h[Print help]' \
'--help[Print help]' \
&& ret=0
;;
(completions)
_arguments "${_arguments_options[@]}" : \
'--json[Answer with one JSON document on standard output]' \
'-h[Print help]' \
'--help[Print help]' \
':shell -- The shell:(bash elvish fish powershell zsh)' \
&& ret=0
;;
(man)
_arguments "${_arguments_options[@]}" : \
'--json[Answer with one JSON document on standard output]' \
'-h[Print help]' \
'--help[Print help]' \
':directory -- The directory, which exists:_files' \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
":: :_cloakroom__subcmd__help_commands" \
"*::: :->help" \
&& ret=0

    case $state in
    (help)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:cloakroom-help-command-$line[1]:"
        case $line[1] in
            (keys)
_arguments "${_arguments_options[@]}" : \
":: :_cloakroom__subcmd__help__subcmd__keys_commands" \
"*::: :->keys" \
&& ret=0

    case $state in
    (keys)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:cloakroom-help-keys-command-$line[1]:"
        case $line[1] in
            (new)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(add)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(list)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(plan)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(retire)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(disable)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(check)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(wrap)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(unwrap)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(derive)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(feed-key)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
(inspect)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(open)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(seal)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(revoke)
_arguments "${_arguments_options[@]}" : \
":: :_cloakroom__subcmd__help__subcmd__revoke_commands" \
"*::: :->revoke" \
&& ret=0

    case $state in
    (revoke)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:cloakroom-help-revoke-command-$line[1]:"
        case $line[1] in
            (session)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(subject)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(token)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(key)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(all)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
(revocations)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(vectors)
_arguments "${_arguments_options[@]}" : \
":: :_cloakroom__subcmd__help__subcmd__vectors_commands" \
"*::: :->vectors" \
&& ret=0

    case $state in
    (vectors)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:cloakroom-help-vectors-command-$line[1]:"
        case $line[1] in
            (verify)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
(bench)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(completions)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(man)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
        esac
    ;;
esac
}

(( $+functions[_cloakroom_commands] )) ||
_cloakroom_commands() {
    local commands; commands=(
'keys:Make, rotate, disable and check the keys in a ring file' \
'inspect:Show the outside of a token that is read on standard input. Proves nothing' \
'open:Open a token that is read on standard input, and show what is in it or why it is refused' \
'seal:Make a token, for tests and incidents, and print it on standard output' \
'revoke:Revoke a session, a user, a key or everything, and say how far that came' \
'revocations:Show what a store or a feed holds' \
'vectors:Run test vectors, of any implementation, against this one' \
'bench:Measure how many tokens this machine seals and verifies in a second' \
'completions:Print the completions of a shell' \
'man:Write the man pages into a directory' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'cloakroom commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__bench_commands] )) ||
_cloakroom__subcmd__bench_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom bench commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__completions_commands] )) ||
_cloakroom__subcmd__completions_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom completions commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__help_commands] )) ||
_cloakroom__subcmd__help_commands() {
    local commands; commands=(
'keys:Make, rotate, disable and check the keys in a ring file' \
'inspect:Show the outside of a token that is read on standard input. Proves nothing' \
'open:Open a token that is read on standard input, and show what is in it or why it is refused' \
'seal:Make a token, for tests and incidents, and print it on standard output' \
'revoke:Revoke a session, a user, a key or everything, and say how far that came' \
'revocations:Show what a store or a feed holds' \
'vectors:Run test vectors, of any implementation, against this one' \
'bench:Measure how many tokens this machine seals and verifies in a second' \
'completions:Print the completions of a shell' \
'man:Write the man pages into a directory' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'cloakroom help commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__help__subcmd__bench_commands] )) ||
_cloakroom__subcmd__help__subcmd__bench_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom help bench commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__help__subcmd__completions_commands] )) ||
_cloakroom__subcmd__help__subcmd__completions_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom help completions commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__help__subcmd__help_commands] )) ||
_cloakroom__subcmd__help__subcmd__help_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom help help commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__help__subcmd__inspect_commands] )) ||
_cloakroom__subcmd__help__subcmd__inspect_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom help inspect commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__help__subcmd__keys_commands] )) ||
_cloakroom__subcmd__help__subcmd__keys_commands() {
    local commands; commands=(
'new:Make a ring file with one key, which seals at once' \
'add:Announce the next key, at the earliest time that is safe' \
'list:List the keys and what each of them is doing now' \
'plan:Draw what each key does when' \
'retire:Take a key out of the ring that nothing needs any more, or write down when it retires' \
'disable:A key leaked\: disable it, or all of a file, with a fresh one in place of the one that seals' \
'check:Say what will hurt if nobody does anything\: exit code 1 if there is something, 5 if servers would not take the file' \
'wrap:Copy a ring file to one that is wrapped with a password, for a laptop or a backup' \
'unwrap:Copy a ring file that is wrapped with a password to one that is not' \
'derive:Make a ring file of derived units, for a service that must make and open nothing else' \
'feed-key:Make the file with the key of a revocation feed, which all servers of the feed share' \
    )
    _describe -t commands 'cloakroom help keys commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__help__subcmd__keys__subcmd__add_commands] )) ||
_cloakroom__subcmd__help__subcmd__keys__subcmd__add_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom help keys add commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__help__subcmd__keys__subcmd__check_commands] )) ||
_cloakroom__subcmd__help__subcmd__keys__subcmd__check_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom help keys check commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__help__subcmd__keys__subcmd__derive_commands] )) ||
_cloakroom__subcmd__help__subcmd__keys__subcmd__derive_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom help keys derive commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__help__subcmd__keys__subcmd__disable_commands] )) ||
_cloakroom__subcmd__help__subcmd__keys__subcmd__disable_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom help keys disable commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__help__subcmd__keys__subcmd__feed-key_commands] )) ||
_cloakroom__subcmd__help__subcmd__keys__subcmd__feed-key_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom help keys feed-key commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__help__subcmd__keys__subcmd__list_commands] )) ||
_cloakroom__subcmd__help__subcmd__keys__subcmd__list_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom help keys list commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__help__subcmd__keys__subcmd__new_commands] )) ||
_cloakroom__subcmd__help__subcmd__keys__subcmd__new_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom help keys new commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__help__subcmd__keys__subcmd__plan_commands] )) ||
_cloakroom__subcmd__help__subcmd__keys__subcmd__plan_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom help keys plan commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__help__subcmd__keys__subcmd__retire_commands] )) ||
_cloakroom__subcmd__help__subcmd__keys__subcmd__retire_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom help keys retire commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__help__subcmd__keys__subcmd__unwrap_commands] )) ||
_cloakroom__subcmd__help__subcmd__keys__subcmd__unwrap_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom help keys unwrap commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__help__subcmd__keys__subcmd__wrap_commands] )) ||
_cloakroom__subcmd__help__subcmd__keys__subcmd__wrap_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom help keys wrap commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__help__subcmd__man_commands] )) ||
_cloakroom__subcmd__help__subcmd__man_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom help man commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__help__subcmd__open_commands] )) ||
_cloakroom__subcmd__help__subcmd__open_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom help open commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__help__subcmd__revocations_commands] )) ||
_cloakroom__subcmd__help__subcmd__revocations_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom help revocations commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__help__subcmd__revoke_commands] )) ||
_cloakroom__subcmd__help__subcmd__revoke_commands() {
    local commands; commands=(
'session:One session, by its id' \
'subject:All sessions of a user' \
'token:The session of a token that is read on standard input; needs --ring' \
'key:A key that leaked, and with it every session of this purpose and audience' \
'all:Every session of this purpose and audience' \
    )
    _describe -t commands 'cloakroom help revoke commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__help__subcmd__revoke__subcmd__all_commands] )) ||
_cloakroom__subcmd__help__subcmd__revoke__subcmd__all_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom help revoke all commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__help__subcmd__revoke__subcmd__key_commands] )) ||
_cloakroom__subcmd__help__subcmd__revoke__subcmd__key_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom help revoke key commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__help__subcmd__revoke__subcmd__session_commands] )) ||
_cloakroom__subcmd__help__subcmd__revoke__subcmd__session_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom help revoke session commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__help__subcmd__revoke__subcmd__subject_commands] )) ||
_cloakroom__subcmd__help__subcmd__revoke__subcmd__subject_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom help revoke subject commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__help__subcmd__revoke__subcmd__token_commands] )) ||
_cloakroom__subcmd__help__subcmd__revoke__subcmd__token_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom help revoke token commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__help__subcmd__seal_commands] )) ||
_cloakroom__subcmd__help__subcmd__seal_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom help seal commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__help__subcmd__vectors_commands] )) ||
_cloakroom__subcmd__help__subcmd__vectors_commands() {
    local commands; commands=(
'verify:Check every vector of these files, of all kinds; what could not be checked is named' \
    )
    _describe -t commands 'cloakroom help vectors commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__help__subcmd__vectors__subcmd__verify_commands] )) ||
_cloakroom__subcmd__help__subcmd__vectors__subcmd__verify_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom help vectors verify commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__inspect_commands] )) ||
_cloakroom__subcmd__inspect_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom inspect commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__keys_commands] )) ||
_cloakroom__subcmd__keys_commands() {
    local commands; commands=(
'new:Make a ring file with one key, which seals at once' \
'add:Announce the next key, at the earliest time that is safe' \
'list:List the keys and what each of them is doing now' \
'plan:Draw what each key does when' \
'retire:Take a key out of the ring that nothing needs any more, or write down when it retires' \
'disable:A key leaked\: disable it, or all of a file, with a fresh one in place of the one that seals' \
'check:Say what will hurt if nobody does anything\: exit code 1 if there is something, 5 if servers would not take the file' \
'wrap:Copy a ring file to one that is wrapped with a password, for a laptop or a backup' \
'unwrap:Copy a ring file that is wrapped with a password to one that is not' \
'derive:Make a ring file of derived units, for a service that must make and open nothing else' \
'feed-key:Make the file with the key of a revocation feed, which all servers of the feed share' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'cloakroom keys commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__keys__subcmd__add_commands] )) ||
_cloakroom__subcmd__keys__subcmd__add_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom keys add commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__keys__subcmd__check_commands] )) ||
_cloakroom__subcmd__keys__subcmd__check_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom keys check commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__keys__subcmd__derive_commands] )) ||
_cloakroom__subcmd__keys__subcmd__derive_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom keys derive commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__keys__subcmd__disable_commands] )) ||
_cloakroom__subcmd__keys__subcmd__disable_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom keys disable commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__keys__subcmd__feed-key_commands] )) ||
_cloakroom__subcmd__keys__subcmd__feed-key_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom keys feed-key commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__keys__subcmd__help_commands] )) ||
_cloakroom__subcmd__keys__subcmd__help_commands() {
    local commands; commands=(
'new:Make a ring file with one key, which seals at once' \
'add:Announce the next key, at the earliest time that is safe' \
'list:List the keys and what each of them is doing now' \
'plan:Draw what each key does when' \
'retire:Take a key out of the ring that nothing needs any more, or write down when it retires' \
'disable:A key leaked\: disable it, or all of a file, with a fresh one in place of the one that seals' \
'check:Say what will hurt if nobody does anything\: exit code 1 if there is something, 5 if servers would not take the file' \
'wrap:Copy a ring file to one that is wrapped with a password, for a laptop or a backup' \
'unwrap:Copy a ring file that is wrapped with a password to one that is not' \
'derive:Make a ring file of derived units, for a service that must make and open nothing else' \
'feed-key:Make the file with the key of a revocation feed, which all servers of the feed share' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'cloakroom keys help commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__keys__subcmd__help__subcmd__add_commands] )) ||
_cloakroom__subcmd__keys__subcmd__help__subcmd__add_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom keys help add commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__keys__subcmd__help__subcmd__check_commands] )) ||
_cloakroom__subcmd__keys__subcmd__help__subcmd__check_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom keys help check commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__keys__subcmd__help__subcmd__derive_commands] )) ||
_cloakroom__subcmd__keys__subcmd__help__subcmd__derive_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom keys help derive commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__keys__subcmd__help__subcmd__disable_commands] )) ||
_cloakroom__subcmd__keys__subcmd__help__subcmd__disable_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom keys help disable commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__keys__subcmd__help__subcmd__feed-key_commands] )) ||
_cloakroom__subcmd__keys__subcmd__help__subcmd__feed-key_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom keys help feed-key commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__keys__subcmd__help__subcmd__help_commands] )) ||
_cloakroom__subcmd__keys__subcmd__help__subcmd__help_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom keys help help commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__keys__subcmd__help__subcmd__list_commands] )) ||
_cloakroom__subcmd__keys__subcmd__help__subcmd__list_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom keys help list commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__keys__subcmd__help__subcmd__new_commands] )) ||
_cloakroom__subcmd__keys__subcmd__help__subcmd__new_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom keys help new commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__keys__subcmd__help__subcmd__plan_commands] )) ||
_cloakroom__subcmd__keys__subcmd__help__subcmd__plan_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom keys help plan commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__keys__subcmd__help__subcmd__retire_commands] )) ||
_cloakroom__subcmd__keys__subcmd__help__subcmd__retire_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom keys help retire commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__keys__subcmd__help__subcmd__unwrap_commands] )) ||
_cloakroom__subcmd__keys__subcmd__help__subcmd__unwrap_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom keys help unwrap commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__keys__subcmd__help__subcmd__wrap_commands] )) ||
_cloakroom__subcmd__keys__subcmd__help__subcmd__wrap_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom keys help wrap commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__keys__subcmd__list_commands] )) ||
_cloakroom__subcmd__keys__subcmd__list_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom keys list commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__keys__subcmd__new_commands] )) ||
_cloakroom__subcmd__keys__subcmd__new_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom keys new commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__keys__subcmd__plan_commands] )) ||
_cloakroom__subcmd__keys__subcmd__plan_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom keys plan commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__keys__subcmd__retire_commands] )) ||
_cloakroom__subcmd__keys__subcmd__retire_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom keys retire commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__keys__subcmd__unwrap_commands] )) ||
_cloakroom__subcmd__keys__subcmd__unwrap_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom keys unwrap commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__keys__subcmd__wrap_commands] )) ||
_cloakroom__subcmd__keys__subcmd__wrap_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom keys wrap commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__man_commands] )) ||
_cloakroom__subcmd__man_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom man commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__open_commands] )) ||
_cloakroom__subcmd__open_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom open commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__revocations_commands] )) ||
_cloakroom__subcmd__revocations_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom revocations commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__revoke_commands] )) ||
_cloakroom__subcmd__revoke_commands() {
    local commands; commands=(
'session:One session, by its id' \
'subject:All sessions of a user' \
'token:The session of a token that is read on standard input; needs --ring' \
'key:A key that leaked, and with it every session of this purpose and audience' \
'all:Every session of this purpose and audience' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'cloakroom revoke commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__revoke__subcmd__all_commands] )) ||
_cloakroom__subcmd__revoke__subcmd__all_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom revoke all commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__revoke__subcmd__help_commands] )) ||
_cloakroom__subcmd__revoke__subcmd__help_commands() {
    local commands; commands=(
'session:One session, by its id' \
'subject:All sessions of a user' \
'token:The session of a token that is read on standard input; needs --ring' \
'key:A key that leaked, and with it every session of this purpose and audience' \
'all:Every session of this purpose and audience' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'cloakroom revoke help commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__revoke__subcmd__help__subcmd__all_commands] )) ||
_cloakroom__subcmd__revoke__subcmd__help__subcmd__all_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom revoke help all commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__revoke__subcmd__help__subcmd__help_commands] )) ||
_cloakroom__subcmd__revoke__subcmd__help__subcmd__help_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom revoke help help commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__revoke__subcmd__help__subcmd__key_commands] )) ||
_cloakroom__subcmd__revoke__subcmd__help__subcmd__key_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom revoke help key commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__revoke__subcmd__help__subcmd__session_commands] )) ||
_cloakroom__subcmd__revoke__subcmd__help__subcmd__session_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom revoke help session commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__revoke__subcmd__help__subcmd__subject_commands] )) ||
_cloakroom__subcmd__revoke__subcmd__help__subcmd__subject_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom revoke help subject commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__revoke__subcmd__help__subcmd__token_commands] )) ||
_cloakroom__subcmd__revoke__subcmd__help__subcmd__token_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom revoke help token commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__revoke__subcmd__key_commands] )) ||
_cloakroom__subcmd__revoke__subcmd__key_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom revoke key commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__revoke__subcmd__session_commands] )) ||
_cloakroom__subcmd__revoke__subcmd__session_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom revoke session commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__revoke__subcmd__subject_commands] )) ||
_cloakroom__subcmd__revoke__subcmd__subject_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom revoke subject commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__revoke__subcmd__token_commands] )) ||
_cloakroom__subcmd__revoke__subcmd__token_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom revoke token commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__seal_commands] )) ||
_cloakroom__subcmd__seal_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom seal commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__vectors_commands] )) ||
_cloakroom__subcmd__vectors_commands() {
    local commands; commands=(
'verify:Check every vector of these files, of all kinds; what could not be checked is named' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'cloakroom vectors commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__vectors__subcmd__help_commands] )) ||
_cloakroom__subcmd__vectors__subcmd__help_commands() {
    local commands; commands=(
'verify:Check every vector of these files, of all kinds; what could not be checked is named' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'cloakroom vectors help commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__vectors__subcmd__help__subcmd__help_commands] )) ||
_cloakroom__subcmd__vectors__subcmd__help__subcmd__help_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom vectors help help commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__vectors__subcmd__help__subcmd__verify_commands] )) ||
_cloakroom__subcmd__vectors__subcmd__help__subcmd__verify_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom vectors help verify commands' commands "$@"
}
(( $+functions[_cloakroom__subcmd__vectors__subcmd__verify_commands] )) ||
_cloakroom__subcmd__vectors__subcmd__verify_commands() {
    local commands; commands=()
    _describe -t commands 'cloakroom vectors verify commands' commands "$@"
}

if [ "$funcstack[1]" = "_cloakroom" ]; then
    _cloakroom "$@"
else
    compdef _cloakroom cloakroom
fi
