"""The dashboard's navigation. Start it with `counterfoil dashboard`."""

from pathlib import Path

import streamlit as st

from dashboard import frame

st.set_page_config(
    page_title="counterfoil", page_icon=str(Path(__file__).with_name("icon.svg")), layout="wide"
)
page = st.navigation(
    [
        st.Page("views/overview.py", title="Overview", icon=":material/monitoring:", default=True),
        st.Page("views/unmatched.py", title="Unmatched", icon=":material/rule:"),
        st.Page("views/match.py", title="Match", icon=":material/link:"),
    ],
    position="top",
)
frame.show(page.run)
