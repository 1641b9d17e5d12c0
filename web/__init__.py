"""The shell of the pages: navigation, search, login, access, components and charts. Knows no other app."""
