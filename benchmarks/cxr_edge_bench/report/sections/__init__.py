"""The sections below the first screen: tables and charts, made from the report's JSON."""
