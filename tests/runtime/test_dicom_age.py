"""Of the patient only the age is read: as it is stated, or by the dates of birth and study."""

import pytest

pytest.importorskip("pydicom")

from cxr_edge.film.preprocess import open_film
from cxr_edge.film.source import Limits
from dicom_film import dicom_film


@pytest.mark.parametrize(
    ("tags", "doubted", "known"),
    [
        ({"PatientAge": "004Y"}, False, True),
        ({"PatientAge": "062Y"}, True, True),
        ({"PatientAge": "004Y", "PatientBirthDate": "19640812", "StudyDate": "20260101"}, False, True),
        ({"PatientBirthDate": "20220301", "StudyDate": "20260228"}, False, True),  # three years old
        ({"PatientBirthDate": "20200301", "StudyDate": "20260301"}, True, True),  # six on this day
        ({"PatientBirthDate": "20200301", "StudyDate": "20260228"}, False, True),  # the day before
        ({"PatientBirthDate": "20250602", "StudyDate": "20260601"}, True, True),  # not yet one
        ({"PatientBirthDate": "19640812", "StudyDate": ""}, False, False),
        ({"PatientBirthDate": "18000101", "StudyDate": "20260101"}, False, False),  # stands for: not known
        ({"PatientBirthDate": "20270101", "StudyDate": "20260101"}, False, False),
        ({"PatientBirthDate": "1964", "StudyDate": "20260101"}, False, False),
    ],
)
def test_the_age_is_the_stated_one_or_that_by_the_date_of_birth(tags, doubted, known):
    opened = open_film(dicom_film(**tags), (64, 64), Limits())
    assert (("age" in opened.doubts), opened.age_known) == (doubted, known)
