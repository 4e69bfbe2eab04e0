"""Mail: :func:`hanse.mail.sending.send_mail` writes a row, a job brings it to the SMTP server of the settings.

Without one, mail is written to files in ``<home>/mail``, where who develops or tries Hanse finds it.
"""
