"""What everybody shares: companies, departments, people, currencies, countries, attachments."""
