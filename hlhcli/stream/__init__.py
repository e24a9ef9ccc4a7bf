"""Inputs of any size on one machine: the same numbers as `hlhcli.analysis.analyze` in memory.

1. *Intake* reads the labs once, in the order of the file, as Arrow batches. Plain numbers and ISO
   times become numbers at once. Every other cell (markers, units, ranges, limits, words, dates of
   other forms) becomes the code of its text, and each different combination of such texts is kept
   once, with its first row and its count. The rows, now five numbers each, are dealt into files by
   ranges of subjects; those of subjects without an intervention only count.
2. *Decisions* that hold for the whole input are then made by the readers' own functions on the
   table of combinations: spelling, units and their conversion, limits, ranges, kind of time, bad
   cells. Nothing is decided on a sample.
3. *Batches* of whole subjects are built from the files by looking the codes up, analyzed by
   `analyze` in one process per core, and written in the order of subjects as they come, beside the
   output, which is replaced at the end.

Memory is bounded: each file of rows, and each batch of it, is small; interventions are held whole.
What cannot be had in a stream (wide tables, FHIR, Excel, XPT, CDISC, inferred dates) is refused by
name.
"""
