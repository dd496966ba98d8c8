"""DICOM objects that X-ray machines could have sent, and some that none should: made from films."""
