"""The simulated registry asks itself, and holds its answers against the OpenAPI text."""

import json

import openapi


def requests_to_try(store):
    some = sorted(store.current)[:3]
    one = some[0] if some else "NCT00000001"
    aliases = sorted(set(store.by_any_id) - set(store.current))
    return [
        ("/version", ""), ("/studies", ""), ("/studies", "pageSize=1000&countTotal=true"),
        ("/studies", f"filter.ids={','.join(some)}"), ("/studies", "fields=NCTId|BriefTitle&pageSize=3"),
        ("/studies", "fields=protocolSection.statusModule"), ("/studies", "fields=Foo"), ("/studies", "pageSize=x"),
        ("/studies", "query.cond=heart&sort=LastUpdatePostDate:desc&filter.overallStatus=RECRUITING|COMPLETED"),
        ("/studies", "filter.geo=distance(39.1,-84.5,50mi)&fields=NCTId"), ("/studies", "filter.geo=near"),
        ("/studies", "filter.advanced=AREA[LastUpdatePostDate]RANGE[2020-01-01,MAX]&fields=NCTId"),
        ("/studies", "pageToken=stale"), ("/studies", "filter.ids=NCT99999999"),
        (f"/studies/{one}", ""), (f"/studies/{one}", "fields=LocationCity"), ("/studies/NCT99999999", ""),
        ("/studies/nonsense", ""), ("/nowhere", ""), *((f"/studies/{alias}", "") for alias in aliases[:1]),
    ]


def check_all(api, checker):
    """Problems as (request, sentence) and the number of requests tried."""
    problems = []
    tried = requests_to_try(api.store)
    for path, parameters in tried:
        answer = api.answer("/api/v2" + path, parameters)
        text = b"".join(piece.plain for piece in answer.pieces)
        value = json.loads(text) if answer.content_type.startswith("application/json") else None
        sentences = checker.check_answer(path, answer.status, answer.content_type, value)
        problems += [(f"{path}?{parameters}", sentence) for sentence in sentences]
    return problems, len(tried)


def run(api, spec):
    """The exit status for the command line; prints what was found."""
    checker = openapi.load(spec)
    if not checker:
        print("selfcheck skipped: the OpenAPI text or PyYAML is not there")
        return 0
    problems, tried = check_all(api, checker)
    for request, sentence in problems[:50]:
        print(f"{request}: {sentence}")
    if checker.unforeseen:
        print(f"allowed, but not in the text: {', '.join(sorted(checker.unforeseen))}")
    print(f"{tried} answers checked, {len(problems)} problems")
    return 1 if problems else 0
