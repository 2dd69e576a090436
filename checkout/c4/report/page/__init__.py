"""Page: a report as one self-contained HTML page; `whole.render_page` is the entry."""
