"""What else could link the same folders, each as a short script of its own.

    python -m bench.peers.NAME FOLDER LINKS.parquet

A script reads the files of an exchange folder, writes the links it makes and prints the seconds of
its steps as JSON. It imports nothing of counterfoil and gets the same help from `folder` as the
others: numbers that payers wrote, and payouts summed up as the bank will show them.
"""
