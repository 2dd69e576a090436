"""Report: how recorded stories conform to the dynamic views of a system, as data and as one HTML page."""
