"""A DICOM node: films in from X-ray machines by C-STORE, answers back to the clinic's archive as DICOM objects.

``receiving`` writes what arrives to the disk and says so; ``records`` remembers what became of it; ``answering``
scores a film and makes a report and a picture of the answer; ``forwarding`` sends these until they have arrived. Needs
the extra ``node``.
"""
