"""Each pregnancy and child on the own page: dates, birth, names, the age that counts, one more."""

from datetime import date

from functions.register.accounts import OpenAccount
from functions.register.application import Filled, read_children
from functions.register.forms import Problem, day_in, nickname_in, one_of, refused
from functions.register.own import Group, Own, let_in
from functions.register.page import Page, new_router, page, see
from functions.register.preferences import save
from functions.register.resources import now, resources
from functions.register.wording import age_words, week_words
from shared.rules import changes
from shared.rules.changes import RefusedError
from shared.rules.joining import Child, with_children
from shared.rules.subscriber import Subscriber
from shared.subscribers import actions
from shared.subscribers.links import BadLinkError
from shared.web.form import Form, FormError, read_form

router = new_router()


@router.get("/me/<token>/due/<child>")
def ask_due(token: str, child: str) -> Page:
    """The due date, to be corrected."""
    own = let_in(resources(), token, now())
    return _date_page("due", own, _expected(own, child), {})


@router.post("/me/<token>/due/<child>")
def set_due(token: str, child: str) -> Page:
    """Show the new week, and then correct the date."""
    own = let_in(resources(), token, now())
    group = _expected(own, child)
    form = read_form(router.current_event)
    step = one_of(form, "step", ("check", "save", "edit"))
    day = day_in(form, "day")
    if step == "edit":
        return _date_page("due", own, group, form)
    if isinstance(day, Problem):
        return _date_page("due", own, group, form, problems=(day,))
    due_date = day
    try:
        if step == "save":
            return save(own, lambda old: changes.due_date_corrected(old, own.at, child, due_date))
        changes.check_due_date(due_date, own.today)
    except RefusedError as error:
        return _date_page("due", own, group, form, problems=(refused("day", error.refusal),))
    stage = week_words(due_date, own.today, own.language)
    return page("due_check", own.language, own=own, due=due_date, stage=stage, form=form)


@router.get("/me/<token>/birth/<child>")
def ask_birth(token: str, child: str) -> Page:
    """The birth date: to be registered, or corrected."""
    own = let_in(resources(), token, now())
    return _date_page("birth", own, _active(own, child), {})


@router.post("/me/<token>/birth/<child>")
def set_birth(token: str, child: str) -> Page:
    """Show the age, and then register the birth."""
    own = let_in(resources(), token, now())
    group = _active(own, child)
    form = read_form(router.current_event)
    step = one_of(form, "step", ("check", "save", "edit"))
    if step == "edit":
        return _date_page("birth", own, group, form)
    twins = not group.twins and form.get("twins") == "yes"
    day = day_in(form, "day")
    second = day_in(form, "day-2") if form.get("day-2") and (twins or group.twins) else None
    names = _names(form, group, twins=twins)
    problems = tuple(each for each in (day, second, *names) if isinstance(each, Problem))
    if problems or isinstance(day, Problem) or isinstance(second, Problem):
        return _date_page("birth", own, group, form, problems=problems)
    end, dates = own.settings.end_of_delivery, (day, second or day)

    def born(old: Subscriber) -> Subscriber:
        ids = [each.id for each in changes.together(old, child)]
        new = changes.birth_registered(
            old, own.at, child, dates[0], end=end, twins=twins, second_birth_date=dates[1]
        )
        if twins:
            ids.append(new.enrolments[-1].id)
        for enrolment, name in zip(ids, names, strict=False):
            new = changes.renamed(new, enrolment, name if isinstance(name, str) else None)
        return new

    for name, date_of_one in zip(("day", "day-2"), dates, strict=True):
        try:
            changes.check_birth_date(date_of_one, own.today, end)
        except RefusedError as error:
            return _date_page("birth", own, group, form, problems=(refused(name, error.refusal),))
    if step == "save":
        return save(own, born, done="saved" if group.born else "born")
    return page(
        "birth_check",
        own.language,
        own=own,
        born=[(each, age_words(each, own.today, own.language)) for each in dict.fromkeys(dates)],
        names=[each for each in names if isinstance(each, str)],
        twins=twins or group.twins,
        form=form,
    )


@router.get("/me/<token>/names/<child>")
def ask_names(token: str, child: str) -> Page:
    """What they call the child."""
    own = let_in(resources(), token, now())
    return page("names", own.language, own=own, group=_active(own, child), form={})


@router.post("/me/<token>/names/<child>")
def set_names(token: str, child: str) -> Page:
    """Another nickname, or none."""
    own = let_in(resources(), token, now())
    group = _active(own, child)
    form = read_form(router.current_event)
    names = _names(form, group, twins=False)
    problems = tuple(each for each in names if isinstance(each, Problem))
    if problems:
        return page(
            "names", own.language, status=422, problems=problems, own=own, group=group, form=form
        )

    def renamed(old: Subscriber) -> Subscriber:
        for each, name in zip(group.enrolments, names, strict=True):
            old = changes.renamed(old, each.id, name if isinstance(name, str) else None)
        return old

    return save(own, renamed)


@router.get("/me/<token>/age/<child>")
def ask_age(token: str, child: str) -> Page:
    """From when the age of a child born early counts."""
    own = let_in(resources(), token, now())
    return page("age", own.language, own=own, group=_early(own, child))


@router.post("/me/<token>/age/<child>")
def set_age(token: str, child: str) -> Page:
    """Count the age from the due date, or from birth."""
    own = let_in(resources(), token, now())
    _early(own, child)
    corrected = one_of(read_form(router.current_event), "count", ("birth", "due")) == "due"
    return save(own, lambda old: changes.age_counted(old, own.at, child, corrected=corrected))


@router.get("/me/<token>/add")
def ask_child(token: str) -> Page:
    """One more pregnancy or child."""
    own = let_in(resources(), token, now())
    return _add_page(own, Filled())


@router.post("/me/<token>/add")
def add_child(token: str) -> Page:
    """Show its week or age, and then add it."""
    own = let_in(resources(), token, now())
    form = read_form(router.current_event)
    filled = Filled.of({**form, "rows": "1"})
    step = one_of(form, "step", ("check", "save", "edit"))
    if step == "edit":
        return _add_page(own, filled)
    at = OpenAccount(own.subscriber.account, own.settings)
    children = read_children(form, filled, at, own.today)
    problems = tuple(each for each in children if isinstance(each, Problem))
    if problems:
        return _add_page(own, filled, problems=problems)
    wanted = tuple(each for each in children if isinstance(each, Child))
    try:
        if step == "save":
            return save(own, lambda old: with_children(old, wanted, own.at), done="added")
        with_children(own.subscriber, wanted, own.at)
    except RefusedError as error:
        return _add_page(own, filled, problems=(refused("day-1", error.refusal),))
    first = wanted[0]
    day = first.birth_date or first.due_date
    stage = _stage(day, own, born=first.birth_date is not None)
    return page(
        "add_check",
        own.language,
        own=own,
        born=first.birth_date is not None,
        date=day,
        stage=stage,
        names=[each.nickname for each in wanted if each.nickname],
        twins=len(wanted) > 1,
        form=form,
    )


@router.get("/me/<token>/resume/<child>")
def ask_to_resume(token: str, child: str) -> Page:
    """The button that takes it up again."""
    own = let_in(resources(), token, now())
    return page("resume", own.language, own=own, group=_silent(own, child))


@router.post("/me/<token>/resume/<child>")
def resume(token: str, child: str) -> Page:
    """Take it up again, by their own act and never otherwise."""
    own = let_in(resources(), token, now())
    read_form(router.current_event)
    ids = own.group(child).ids

    def returned(old: Subscriber) -> Subscriber:
        for each in sorted(ids):
            old = changes.returned(old, own.at, each)
        return old

    return save(own, returned, done="resumed")


@router.get("/me/<token>/stop/<child>")
def ask_to_stop(token: str, child: str) -> Page:
    """The button that stops one pregnancy or child."""
    own = let_in(resources(), token, now())
    group = own.group(child)
    if not group.active:
        return see(own.path)
    return page("stop_one", own.language, own=own, group=group)


@router.post("/me/<token>/stop/<child>")
def stop_one(token: str, child: str) -> Page:
    """Stop one pregnancy or child, or one of twins, at once."""
    own = let_in(resources(), token, now())
    group = own.group(child)
    form = read_form(router.current_event)
    only = form.get("only")
    if only is not None and only not in group.ids:
        raise FormError(400)
    actions.stop(resources().store, own.subscriber.id, own.at, only=[only] if only else group.ids)
    return page("stopped", own.language, one=True)


def _stage(day: date | None, own: Own, *, born: bool) -> str:
    if day is None:
        raise ValueError("a child needs a due date or a birth date")
    words = age_words if born else week_words
    return words(day, own.today, own.language)


def _active(own: Own, child: str) -> Group:
    group = own.group(child)
    if not group.active:
        raise BadLinkError
    return group


def _silent(own: Own, child: str) -> Group:
    group = own.group(child)
    if group.active:
        raise BadLinkError
    return group


def _expected(own: Own, child: str) -> Group:
    group = _active(own, child)
    if group.born:
        raise BadLinkError
    return group


def _early(own: Own, child: str) -> Group:
    group = _active(own, child)
    if not group.early:
        raise BadLinkError
    return group


def _names(form: Form, group: Group, *, twins: bool) -> list[str | Problem | None]:
    """A nickname for each: as it is where the form does not ask."""
    fields = [f"nickname-{n}" for n in range(1, len(group.enrolments) + 1 + twins)]
    known = [each.nickname for each in group.enrolments]
    return [
        nickname_in(form, name) if name in form else (known[n] if n < len(known) else None)
        for n, name in enumerate(fields)
    ]


def _date_page(
    what: str, own: Own, group: Group, form: Form, *, problems: tuple[Problem, ...] = ()
) -> Page:
    return page(
        what,
        own.language,
        status=422 if problems else 200,
        problems=problems,
        own=own,
        group=group,
        form=form,
    )


def _add_page(own: Own, filled: Filled, *, problems: tuple[Problem, ...] = ()) -> Page:
    return page(
        "add",
        own.language,
        status=422 if problems else 200,
        problems=problems,
        own=own,
        filled=filled,
    )
