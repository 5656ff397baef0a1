"""The screening of whole registers (批量筛查): standard tables, linking, one expression for every engine, results in files.

The way of the data, and the modules on it:

    parts     read      standard (with identity): text becomes integers, rows without a usable code are set apart
    link      linking, then near_names: those rows get the key of the one firm they fit, or go to a review list
    store     rows of one firm wait in one bucket
    screen    expression on engines: facts and verdicts of one bucket after another
    verdicts  results wait until the registry's text is read again
    write     firm_file, visit_list, link_file; workbook and summary_page are for people

A night goes on from what a former run kept: delta reads new rows, relink links again what they may change, and what they touch
is judged again; kept_* and key_index are the state on disk, namesakes what a comparison of changes needs beside them.
"""
