"""The operators' console: pages made on the server, for people with an account.

To add a page:

1. a module in `routes/` with a `router` and handlers such as
   `def show(visit: Annotated[Visit, needs(Right.VIEW)], …) -> Response`, listed in `app.ROUTERS`; `visit.db()` is a
   transaction, `visit.at` the present, `visit.areas` what may be shown, `visit.page("name.html", …)` the answer;
2. a template that extends `base.html`, with no word of its own but `t(…)`; forms carry
   `<input type="hidden" name="csrf" value="{{ csrf }}">` and work without scripts; pieces for htmx are templates too,
   and one that a page asks for by itself says `needs(…, by_itself=True)`: it keeps no session alive;
3. its texts in `texts/subject.toml`, Vietnamese and English;
4. an entry in `navigation.MENU`, where it belongs into the menu.

What a POST does is written down before its handler runs. One that concerns an area says `needs(…, by_area=True)` and
calls `visit.act(area, …)` itself, first thing: that checks the area, and writes down what it was. Names and numbers of
people travel in POST only, because addresses are kept by browsers.
"""
