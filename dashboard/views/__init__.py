"""The pages. Not in a folder named `pages`: Streamlit would serve one there without app.py."""
