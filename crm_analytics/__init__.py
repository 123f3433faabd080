"""CRM Analytics: from a company's CSV exports to a manager's view of its customers, as a library, a command line and an app."""

__version__ = "0.1.0"
