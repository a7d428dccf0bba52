# bash completion for trialwatch. Words come from the program itself, study ids from its history, channel names from the
# daemon or the history. Install as trialwatch in bash-completion's completions directory.

_trialwatch_ask() {
    command trialwatch "${_trialwatch_globals[@]}" complete "$@" 2>/dev/null
}

# The command on the line, and how many of its arguments stand before the cursor.
_trialwatch_parse() {
    local i word
    _trialwatch_command='' _trialwatch_arguments=0 _trialwatch_globals=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        case $word in
        -H | --history | -S | --socket)
            # The shell takes --history=FILE apart at the sign.
            if [[ ${COMP_WORDS[i + 1]} == '=' ]]; then
                _trialwatch_globals+=("$word" "${COMP_WORDS[i + 2]}")
                ((i += 2))
            else
                _trialwatch_globals+=("$word" "${COMP_WORDS[i + 1]}")
                ((i++))
            fi
            ;;
        -*) ;;
        *)
            if [[ -z $_trialwatch_command ]]; then
                _trialwatch_command=$word
            else
                ((_trialwatch_arguments++))
            fi
            ;;
        esac
    done
}

_trialwatch_words_of_argument() {
    case $_trialwatch_command:$_trialwatch_arguments in
    : | help:0) _trialwatch_ask commands | cut -f1 ;;
    history:0 | show:0 | diff:0 | sites:0 | alerts:0 | preview:1) _trialwatch_ask studies ;;
    test:0 | preview:0) _trialwatch_ask channels ;;
    retry:0 | drop:0) _trialwatch_ask alerts ;;
    mute:0 | unmute:0)
        _trialwatch_ask watches
        _trialwatch_ask studies
        ;;
    ack:*)
        _trialwatch_ask channels
        _trialwatch_ask alerts
        ;;
    watch:0) echo list show add import preview pause resume remove ;;
    watch:*)
        _trialwatch_ask watches
        _trialwatch_ask studies
        ;;
    esac
}

_trialwatch() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local _trialwatch_command _trialwatch_arguments _trialwatch_globals words

    if [[ $current == '=' ]]; then
        current=''
    elif [[ $previous == '=' ]]; then
        previous=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    _trialwatch_parse
    [[ -z $_trialwatch_command ]] && _trialwatch_arguments=''
    case $previous in
    -H | --history | -S | --socket) compopt -o default; COMPREPLY=(); return ;;
    --kind | --kinds) words=$(_trialwatch_ask kinds) ;;
    --study) words=$(_trialwatch_ask studies) ;;
    --channel | --notify) words=$(_trialwatch_ask channels) ;;
    --format) words='ndjson csv' ;;
    --since | --until | --at | --from | --to | --limit | --near | --within | --mentions) return ;;
    *)
        if [[ $current == -* ]]; then
            words=$(_trialwatch_ask options "$_trialwatch_command" | cut -f1 | tr -d =)
        elif [[ $_trialwatch_command == backup || $COMP_LINE == *' watch import '* || $COMP_LINE == *' --files'* ]]; then
            compopt -o default
            COMPREPLY=()
            return
        else
            words=$(_trialwatch_words_of_argument)
        fi
        ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -F _trialwatch trialwatch
